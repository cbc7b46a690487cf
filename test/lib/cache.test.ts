import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { artifact, listArtifacts, lookUp, prune, type Input } from "../../lib/cache.ts";
import { test } from "../support/folder.ts";

let root: string;
test.beforeEach(({ folder }) => {
  root = folder;
});

const build = (folder: string) => writeFile(join(folder, "program"), "made");
const recipe = (inputs: readonly Input[] = ["1"], work = build) => ({
  name: "tool",
  inputs,
  estimate: "a second",
  build: work,
});

describe("artifact", () => {
  test("is built once and found afterwards", async () => {
    let builds = 0;
    const counting = recipe(["1"], async (folder) => {
      builds++;
      await build(folder);
    });
    const folder = await artifact(counting, root);
    expect(await artifact(counting, root)).toBe(folder);
    expect(builds).toBe(1);
    expect(basename(folder)).toMatch(/^tool-[0-9a-f]{16}$/);
    expect(await readFile(join(folder, "program"), "utf8")).toBe("made");
  });

  test("depends on every input, on their order, and on the content of files", async () => {
    const file = join(root, "input");
    const folders: string[] = [];
    await writeFile(file, "one");
    folders.push(await artifact(recipe(["1"]), root));
    folders.push(await artifact(recipe(["1", "2"]), root));
    folders.push(await artifact(recipe(["12"]), root));
    folders.push(await artifact(recipe(["2", "1"]), root));
    folders.push(await artifact(recipe([{ file }]), root));
    await writeFile(file, "two");
    folders.push(await artifact(recipe([{ file }]), root));
    expect(new Set(folders).size).toBe(folders.length);
  });

  test("of a failed build does not exist, and the next build starts with an empty folder", async () => {
    const failing = recipe(["1"], async (folder) => {
      await writeFile(join(folder, "half"), "");
      throw new Error("no space left");
    });
    await expect(artifact(failing, root)).rejects.toThrow("no space left");
    expect(await readdir(root)).toEqual([]);
    expect((await lookUp(failing, root)).present).toBe(false);
    expect(await readdir(await artifact(recipe(), root))).toEqual(["program"]);
  });

  test("is built by one of two processes while the other waits", async () => {
    const log = join(root, "builds");
    const codes = await Promise.all(
      [maker(log, 1500), maker(log, 1500)].map(async (child) => (await once(child, "exit"))[0] as number),
    );
    expect(codes).toEqual([0, 0]);
    expect(await readFile(log, "utf8")).toBe("built\n");
    expect(await listArtifacts(root)).toHaveLength(1);
  });

  test("of a killed process is built again", async () => {
    const log = join(root, "builds");
    const killed = maker(log, 60_000);
    await until(async () => (await readdir(root)).some((name) => name.includes(".partial-")));
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const lines: string[] = [];
    const folder = await artifact(recipe(), root, { log: (line) => lines.push(line) });
    expect(await readdir(folder)).toEqual(["program"]);
    // No process waits for a dead one.
    expect(lines.filter((line) => line.startsWith("waiting"))).toEqual([]);
  });

  test.each([
    ["first", 0],
    ["second", 1],
  ])("is whole when a lock was lost and the %s of two builders ends first", async (_, quicker) => {
    const options = { log: () => undefined };
    const builder = (text: string) => {
      const [began, mayEnd] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      const build = async (folder: string) => {
        await appendFile(join(folder, "program"), `${text} begins, `);
        began.resolve(undefined);
        await mayEnd.promise;
        await appendFile(join(folder, "program"), `${text} ends`);
      };
      const made = artifact(recipe(["1"], build), root, options);
      return { began: began.promise, end: () => mayEnd.resolve(undefined), made };
    };
    const first = builder("first");
    await first.began;
    // As if a user deleted it.
    const lock = (await readdir(root)).find((name) => name.endsWith(".lock")) ?? "";
    await rm(join(root, lock));
    const second = builder("second");
    await second.began;
    for (const { end, made } of quicker === 0 ? [first, second] : [second, first]) {
      end();
      await Promise.allSettled([made]);
    }
    const { folder } = await lookUp(recipe(), root);
    const name = quicker === 0 ? "first" : "second";
    expect(await readFile(join(folder, "program"), "utf8")).toBe(`${name} begins, ${name} ends`);
    expect(await readdir(root)).toEqual([basename(folder)]);
  });

  test("is refused if its folder was removed during the build", async () => {
    const careless = recipe(["1"], async (folder) => {
      await writeFile(join(folder, "first"), "");
      await rm(folder, { recursive: true });
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "second"), "");
    });
    await expect(artifact(careless, root)).rejects.toThrow(
      /was removed during the build of tool\. Fix: run the command again$/,
    );
    expect(await readdir(root)).toEqual([]);
  });

  test("is an error if another process builds it beyond the limit", async () => {
    const child = maker(join(root, "builds"), 60_000);
    try {
      await until(async () => (await readdir(root)).some((name) => name.includes(".partial-")));
      await expect(artifact(recipe(), root, { limit: 600, log: () => undefined })).rejects.toThrow(
        /another process was still building tool after 1s; it holds .*\.lock/,
      );
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
});

describe("prune", () => {
  test("keeps the artifact of each kind that was used last", async () => {
    const old = await artifact(recipe(["old"]), root);
    const fresh = await artifact(recipe(["fresh"]), root);
    const other = await artifact({ ...recipe(), name: "other" }, root);
    await utimes(old, 1, 1);
    await mkdir(join(root, "downloads"));
    expect(await prune(root)).toEqual([basename(old)]);
    expect((await readdir(root)).sort()).toEqual([basename(fresh), basename(other), "downloads"].sort());
  });

  test("removes the unfinished folder of a dead process, and not that of a running one", async () => {
    const ended = spawn(process.execPath, ["-e", ""]);
    await once(ended, "exit");
    const dead = ["dead-0000000000000000.partial", `dead-0000000000000001.partial-${ended.pid}-00000000`];
    for (const name of dead) await mkdir(join(root, name));
    const child = maker(join(root, "builds"), 60_000);
    try {
      await until(async () => (await readdir(root)).some((name) => /^tool.*\.partial-/.test(name)));
      expect(await prune(root)).toEqual(dead);
      expect((await readdir(root)).some((name) => /^tool.*\.partial-/.test(name))).toBe(true);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  test("removes an artifact whose recipe has another name in this release", async () => {
    const [former, current] = ["stand-ins-0123456789abcdef", "fallback-plugins-0123456789abcdef"];
    for (const name of [former, current]) await mkdir(join(root, name));
    await utimes(join(root, former), 1, 1);
    expect(await prune(root)).toEqual([former]);
    expect(await readdir(root)).toEqual([current]);
  });

  test("removes nothing without a cache", async () => {
    expect(await prune(join(root, "absent"))).toEqual([]);
  });
});

/** Starts a process that builds the artifact of {@link recipe} and writes a line to `log`. */
function maker(log: string, milliseconds: number) {
  const program = `
    import { appendFile, writeFile } from "node:fs/promises";
    import { setTimeout as sleep } from "node:timers/promises";
    import { artifact } from ${JSON.stringify(join(import.meta.dirname, "../../lib/cache.ts"))};
    await artifact({ name: "tool", inputs: ["1"], estimate: "a second", build: async (folder) => {
      await sleep(${milliseconds});
      await appendFile(${JSON.stringify(log)}, "built\\n");
      await writeFile(folder + "/program", "made");
    } }, ${JSON.stringify(root)});`;
  return spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 50) {
    if (waited > 10_000) throw new Error("the other process did not start to build within 10 s");
    await sleep(50);
  }
}
