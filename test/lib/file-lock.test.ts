import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { FileLock, type FileLockOptions } from "../../lib/file-lock.ts";
import { test } from "../support/folder.ts";

let folder: string;
let path: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
  path = join(folder, "within", "lock");
});

/** Starts a process that holds the lock until it is killed. */
async function holder(options: FileLockOptions = {}, wrapper: readonly string[] = []) {
  const program = `
    import { FileLock } from ${JSON.stringify(join(import.meta.dirname, "../../lib/file-lock.ts"))};
    const lock = await FileLock.take(${JSON.stringify(path)}, ${JSON.stringify(options)});
    console.log(lock === undefined ? "refused" : "held");
    setInterval(() => undefined, 1000);`;
  const [file = "", ...args] = [...wrapper, process.execPath, "--input-type=module", "-e", program];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { said: said.toString().trim(), kill };
}

/** Whether the lock is free. */
async function isFree(options?: FileLockOptions): Promise<boolean> {
  const lock = await FileLock.take(path, options);
  lock?.release();
  return lock !== undefined;
}

describe("a lock on a file", () => {
  test("belongs to one process until that is killed, whatever the age of the file", async () => {
    const other = await holder();
    try {
      expect(other.said).toBe("held");
      // As after a step of the clock, or a suspension of the machine.
      for (const time of [1, Date.now() / 1000 + 86_400]) {
        await utimes(path, time, time);
        expect(await isFree()).toBe(false);
      }
    } finally {
      await other.kill();
    }
    expect(await isFree()).toBe(true);
  });

  test("excludes its own process, too, until it is released", async () => {
    const lock = await FileLock.take(path);
    expect(await isFree()).toBe(false);
    lock!.release();
    expect(await isFree()).toBe(true);
  });

  test("that is shared excludes only processes that do not share it", async () => {
    const other = await holder({ shared: true });
    try {
      expect([await isFree({ shared: true }), await isFree()]).toEqual([true, false]);
    } finally {
      await other.kill();
    }
  });

  test("is awaited for the given time", async () => {
    const lock = await FileLock.take(path);
    const began = performance.now();
    expect(await isFree({ wait: 300 })).toBe(false);
    expect(performance.now() - began).toBeGreaterThan(250);
    const waiting = FileLock.take(path, { wait: 20_000 });
    setTimeout(() => lock!.release(), 100);
    const next = await waiting;
    expect(next).toBeDefined();
    next!.release();
  });

  test("goes to one of the waiting processes if its file is removed", async () => {
    const lock = await FileLock.take(path);
    const waiting = [1, 2].map(() => FileLock.take(path, { wait: 1_000 }));
    setTimeout(() => lock!.release({ remove: true }), 200);
    const had = (await Promise.all(waiting)).filter((next) => next !== undefined);
    expect(had).toHaveLength(1);
    had[0]!.release({ remove: true });
    expect(await readdir(join(folder, "within"))).toEqual([]);
  });

  test("whose file was removed does not remove the file of another lock", async () => {
    const lost = await FileLock.take(path);
    await rm(path);
    const other = await FileLock.take(path);
    lost!.release({ remove: true });
    expect(await isFree()).toBe(false);
    other!.release();
  });

  test("works with the folder that an earlier release used as its lock", async () => {
    await mkdir(path, { recursive: true });
    const lock = await FileLock.take(path);
    expect(await isFree()).toBe(false);
    lock!.release({ remove: true });
    expect(await readdir(join(folder, "within"))).toEqual([]);
  });

  const apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
  test.skipIf(spawnSync(apart[0]!, [...apart.slice(1), "true"]).status !== 0)(
    "of a process in another container is seen",
    async () => {
      const other = await holder({}, apart);
      try {
        expect([other.said, await isFree()]).toEqual(["held", false]);
      } finally {
        await other.kill();
      }
    },
  );
});
