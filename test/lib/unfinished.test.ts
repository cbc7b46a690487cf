import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect } from "vitest";
import { processStart } from "../../lib/process-identity.ts";
import { abandonedFor, finishedPath, isAbandoned, reachDisk, unfinishedPath } from "../../lib/unfinished.ts";
import { test } from "../support/folder.ts";

const start = processStart();
/** Process id above the largest that Linux gives (pid_max). */
const noProcess = 4_194_305;

describe("an unfinished path", () => {
  test.for(["partial", "part"] as const)(
    "of the kind %s is beside the final path, with its process and a random part",
    (kind) => {
      const [one, other] = [unfinishedPath("/cache/go", kind), unfinishedPath("/cache/go", kind)];
      expect(one).toMatch(new RegExp(`^/cache/go\\.${kind}-${process.pid}-${start}-[0-9a-f]{8}$`));
      expect(other).not.toBe(one);
      expect([finishedPath(one), isAbandoned(one)]).toEqual(["/cache/go", false]);
    },
  );

  test.for([
    ["of an earlier release without the start of the process", `go.partial-${process.pid}-0123abcd`, false],
    ["of a process that has ended", `go.partial-${noProcess}-1-0123abcd`, true],
    ["of an earlier process with the same number", `go.part-${process.pid}-${Number(start) - 1}-0123abcd`, true],
    ["of an earlier release without a process", "go.partial", true],
  ] as const)("%s: %s is abandoned: %s", ([, path, abandoned]) => {
    expect([finishedPath(path), isAbandoned(path)]).toEqual(["go", abandoned]);
  });

  test.for(["go", "go.partial-x", "go.partial-1-2-nothex00", "go.part.lock", "go.parts"])("is not %s", (path) => {
    expect([finishedPath(path), isAbandoned(path)]).toEqual([undefined, false]);
  });
});

describe("the abandoned paths for a path", () => {
  test("are those beside it whose processes have ended", async ({ folder }) => {
    const names = [
      "go",
      `go.partial-${noProcess}-1-0123abcd`,
      "go.part",
      `go.partial-${process.pid}-${start}-0123abcd`,
      `going.partial-${noProcess}-1-0123abcd`,
      "go.part.lock",
    ];
    for (const name of names) await writeFile(join(folder, name), "");
    const abandoned = await abandonedFor(join(folder, "go"));
    expect(abandoned.map((path) => basename(path)).sort()).toEqual(["go.part", `go.partial-${noProcess}-1-0123abcd`]);
  });

  test("are none in a missing folder", async ({ folder }) => {
    expect(await abandonedFor(join(folder, "missing", "go"))).toEqual([]);
  });
});

describe("a folder", () => {
  test("reaches the disk with its content, or alone", async ({ folder }) => {
    await mkdir(join(folder, "deep"));
    await writeFile(join(folder, "deep", "file"), "text");
    await expect(reachDisk(folder)).resolves.toBeUndefined();
    await expect(reachDisk(folder, { recursive: false })).resolves.toBeUndefined();
  });

  test("that is missing is an error", async ({ folder }) => {
    await expect(reachDisk(join(folder, "missing"))).rejects.toThrow("ENOENT");
  });
});
