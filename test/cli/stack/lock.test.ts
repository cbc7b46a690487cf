import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { checkout } from "../../../lib/checkout.ts";
import { isSamePlace, placeHere, readPlace, writePlace } from "../../../lib/place.ts";
import { backendFolder, holderOf, readLocks, release, type StateLock } from "../../../cli/stack/lock.ts";
import { test } from "../../support/folder.ts";

describe("the folder of a backend", () => {
  test.each([
    ["file:///states?metadata=skip", "/states"],
    ["file:///states", "/states"],
    ["file://~", homedir()],
    ["file://~/states", join(homedir(), "states")],
    ["file://./states", join(checkout, "states")],
  ])("of %s is %s", (url, expected) => {
    expect(backendFolder(url)).toBe(expected);
  });

  test.each([["https://api.pulumi.com"], ["s3://bucket?file=//x"], [""], [undefined]])("of %j is none", (url) => {
    expect(backendFolder(url)).toBeUndefined();
  });
});

describe("the process that took a lock", () => {
  const here = placeHere();
  const lock = (change = {}) => ({ path: "", pid: process.pid, hostname: hostname(), ...change });
  let folder: string;
  test.beforeEach(({ folder: fresh }) => {
    folder = fresh;
  });

  /** Starts a process whose program has this name. */
  async function running(name: string, wrapper: readonly string[] = []) {
    const program = join(folder, name);
    await copyFile("/bin/sleep", program);
    const [file = "", ...args] = [...wrapper, program, "60"];
    const child = spawn(file, args, { stdio: "ignore" });
    await once(child, "spawn");
    const kill = async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    };
    return { pid: child.pid!, kill };
  }

  test("is alive while it runs Pulumi, at every time of the clock, and dead afterwards", async () => {
    const { pid, kill } = await running("pulumi");
    try {
      await vi.waitFor(() => expect(holderOf(lock({ pid }), here, here)).toBe("alive"));
      // Clocks may be set, so the lock's time does not count.
      for (const timestamp of ["1971-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]) {
        expect(holderOf({ ...lock({ pid }), timestamp } as StateLock, here, here)).toBe("alive");
      }
    } finally {
      await kill();
    }
    expect([holderOf(lock({ pid }), here, here), holderOf(lock({ pid }), here, undefined)]).toEqual(["dead", "dead"]);
  });

  test("is dead when its parent has not read its exit code", async ({ folder }) => {
    const program = join(folder, "pulumi");
    copyFileSync("/bin/sleep", program);
    // The shell becomes a program that reads no exit code.
    const parent = spawn("sh", ["-c", `${program} 0.3 & echo $!; exec sleep 60`]);
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    try {
      await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^Name:\tpulumi\nState:\tZ/m));
      expect(holderOf(lock({ pid }), here, here)).toBe("dead");
    } finally {
      parent.kill("SIGKILL");
    }
  });

  test("is dead when another program has its number", async () => {
    const { pid, kill } = await running("editor");
    try {
      await vi.waitFor(() => expect(holderOf(lock({ pid }), here, here)).toBe("dead"));
    } finally {
      await kill();
    }
  });

  test.each([
    ["the lock has another host name", { pid: 999_999_999, hostname: "elsewhere" }, here],
    ["the lock has no process", { pid: 0 }, here],
    ["the last command was in another container", { pid: 999_999_999 }, { ...here, processes: "pid:[1]" }],
    ["the last command was on another machine of this name", { pid: 999_999_999 }, { ...here, machine: "0123" }],
  ])("is unknown where %s", (_, change, last) => {
    expect(holderOf(lock(change), here, last)).toBe("unknown");
  });

  const apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
  test.skipIf(spawnSync(apart[0]!, [...apart.slice(1), "true"]).status !== 0)(
    "is alive when it has the number in a container whose processes are visible",
    async () => {
      const { kill } = await running("pulumi", apart);
      try {
        await vi.waitFor(() => expect(holderOf(lock({ pid: 1 }), here, here)).toBe("alive"));
      } finally {
        await kill();
      }
    },
  );
});

describe("the place of a process", () => {
  test("is written completely and read back", async ({ folder }) => {
    const path = join(folder, "within", "lab.place");
    expect(readPlace(path)).toBeUndefined();
    await writePlace(path, placeHere());
    expect(readPlace(path)).toEqual(placeHere());
    expect(isSamePlace(readPlace(path)!, placeHere())).toBe(true);
    await writeFile(path, "{}");
    expect(readPlace(path)).toBeUndefined();
  });
});

describe("the locks of a stack", () => {
  let folder: string;
  let locks: string;
  test.beforeEach(async ({ folder: fresh }) => {
    folder = fresh;
    locks = join(folder, ".pulumi", "locks", "organization", "nodeforge", "lab");
    await mkdir(locks, { recursive: true });
  });

  test("are read from the stack's folder, and released one by one", async () => {
    const timestamp = "2026-01-02T03:04:05.678901234Z";
    await writeFile(join(locks, "a.json"), JSON.stringify({ pid: 7, username: "user", hostname: "here", timestamp }));
    await writeFile(join(locks, "b.json"), "");
    const found = await readLocks(folder, "nodeforge", "lab");
    expect(found).toEqual([
      { path: join(locks, "a.json"), pid: 7, hostname: "here" },
      { path: join(locks, "b.json"), pid: 0, hostname: "" },
    ]);
    expect(holderOf(found[1]!, placeHere(), undefined)).toBe("unknown");
    expect(await readLocks(folder, "nodeforge", "other")).toEqual([]);
    await release(found[0]!);
    expect(await readdir(locks)).toEqual(["b.json"]);
  });
});
