import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findRun, listRuns, type ReadableRun } from "../../../cli/runs/archive.ts";
import { comparison, differences, timingPairs } from "../../../cli/runs/comparison.ts";
import { description, listing } from "../../../cli/runs/listing.ts";
import { processIdentity } from "../../../lib/process-identity.ts";
import { writeRecord, type RunRecord } from "../../../cli/runs/record.ts";
import { exampleRecord } from "./example-record.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nodeforge-archive-"));
});
afterEach(() => rmSync(root, { recursive: true }));

async function archive(name: string, changed: Partial<RunRecord> = {}): Promise<void> {
  mkdirSync(join(root, name));
  await writeRecord(join(root, name), exampleRecord(changed));
}

const readable = (name: string, record: RunRecord): ReadableRun => ({ name, folder: `/runs/${name}`, record });

describe("the list of runs", () => {
  test("has each with its time, stack, command, outcome, duration, nodes and image, the oldest first", async () => {
    await archive("2026-11-21T10-00-00Z-lab", { start: "2026-11-21T10:00:00.000Z", stack: "lab", seconds: 5 });
    await archive("2026-11-21T09-00-00Z-dev");
    expect(listing(await listRuns(root)).split("\n")).toEqual([
      "RUN                        STACK   COMMAND   OUTCOME     TOOK    NODES   IMAGE",
      "2026-11-21T09-00-00Z-dev   dev     up        succeeded   8m20s   2       abababababab",
      "2026-11-21T10-00-00Z-lab   lab     up        succeeded   5s      2       abababababab",
    ]);
  });

  test("shows a run as interrupted when its process is gone, and as running when it is there", async () => {
    const open = { outcome: "running", end: null, seconds: null, exitCode: null, nodes: [] } as const;
    const alive = await processIdentity();
    const [boot, pid] = alive.split("/");
    await archive("1-alive", { ...open, process: alive });
    await archive("2-later-one-of-that-number", { ...open, process: `${boot}/${pid}/1` });
    await archive("3-before-a-reboot", { ...open, process: `other/${pid}/1` });
    const outcomes = (await listRuns(root)).map(({ record }) => (record as RunRecord).outcome);
    expect(outcomes).toEqual(["running", "interrupted", "interrupted"]);
    expect(listing(await listRuns(root))).toMatch(/^1-alive +dev +up +running +- +0 /m);
  });

  test("names what cannot be read, and why, beside the rest", async () => {
    await archive("1-good");
    await archive("2-newer", { formatVersion: 2 as 1 });
    mkdirSync(join(root, "3-empty"));
    writeFileSync(join(root, "a file"), "");
    const runs = await listRuns(root);
    expect(runs.map(({ name }) => name)).toEqual(["1-good", "2-newer", "3-empty"]);
    expect(listing(runs)).toMatch(/^2-newer .*unreadable: wanted format version 1, it has 2$/m);
    expect(listing(runs)).toMatch(/^3-empty .*unreadable: ENOENT/m);
    expect(() => findRun(runs, "2")).toThrow("the record of 2-newer cannot be read: wanted format version 1, it has 2");
  });

  test("is a sentence when there is none", async () => {
    expect(listing(await listRuns(join(root, "absent")))).toBe("no run is recorded yet; `npm run up` makes the first");
  });
});

describe("a run is found by", () => {
  beforeEach(async () => {
    for (const name of ["2026-11-20-dev", "2026-11-21-dev", "2026-11-21-dev-2"]) await archive(name);
  });

  test.each([
    ["latest", "2026-11-21-dev-2"],
    ["previous", "2026-11-21-dev"],
    ["2026-11-20", "2026-11-20-dev"],
    ["2026-11-21-dev", "2026-11-21-dev"],
  ])("%s", async (wanted, name) => {
    expect(findRun(await listRuns(root), wanted)).toMatchObject({ name, record: { stack: "dev" } });
  });

  test("nothing that several begin with", async () => {
    const runs = await listRuns(root);
    expect(() => findRun(runs, "2026-11-21")).toThrow(
      "2026-11-21 is the beginning of 2 runs: 2026-11-21-dev, 2026-11-21-dev-2",
    );
  });

  test("nothing that is not there", async () => {
    const runs = await listRuns(root);
    expect(() => findRun(runs, "2025")).toThrow(
      "there is no run 2025: wanted latest, previous, or the beginning of one",
    );
    expect(() => findRun(runs, "")).toThrow("there is no run");
    expect(() => findRun(runs.slice(0, 1), "previous")).toThrow("there is no run previous");
    expect(() => findRun([], "latest")).toThrow("`npm run up` makes the first");
  });
});

test("a run is described with its nodes, phases and files", () => {
  const text = description(readable("2026-11-21-dev", exampleRecord()));
  expect(text).toContain("command    npm run up -- --yes\n");
  expect(text).toContain("outcome    succeeded (exit code 0)\n");
  expect(text).toContain("changes    20 created, 0 updated, 0 deleted, 0 replaced, 0 same");
  expect(text).toMatch(/^worker-node-1 +worker +192\.168\.222\.230$/m);
  expect(text).toMatch(/^worker-node-1 +join +12$/m);
  expect(text).toContain("/runs/2026-11-21-dev/report.html");
});

describe("two runs compared", () => {
  const first = exampleRecord();
  const second = exampleRecord({
    seconds: 1000,
    configuration: { workers: 4, workerLabels: ["disk=ssd"] },
    versions: { ...first.versions, kubernetes: "1.36.4" },
    image: { ...first.image, sha256: "cd".repeat(32) },
    timings: { master: { boot: 30 }, "worker-node-9": { boot: 61 } },
  });

  test("show the fields that differ, and no other", () => {
    expect(differences(first, second)).toEqual([
      { field: "configuration.workers", first: 1, second: 4 },
      { field: "configuration.workerLabels", first: undefined, second: ["disk=ssd"] },
      { field: "image.sha256", first: "ab".repeat(32), second: "cd".repeat(32) },
      { field: "versions.kubernetes", first: "1.36.3", second: "1.36.4" },
    ]);
    expect(differences(first, exampleRecord())).toEqual([]);
  });

  test("show the packages of the images that were added, removed or changed, and the date of the archive", () => {
    const run = (packages: Record<string, string>, date: string) =>
      exampleRecord({ image: { location: "/a", sha256: null, manifest: { packages, builtFrom: { archive: date } } } });
    const [old, fresh] = [
      run({ bash: "5", openssl: "3.5.1", gone: "1" }, "2026-10-01"),
      run({ bash: "5", openssl: "3.5.4", chrony: "4" }, "2026-11-24"),
    ];
    expect(differences(old, fresh)).toEqual([
      { field: "image.manifest.packages.openssl", first: "3.5.1", second: "3.5.4" },
      { field: "image.manifest.packages.gone", first: "1", second: undefined },
      { field: "image.manifest.builtFrom.archive", first: "2026-10-01", second: "2026-11-24" },
      { field: "image.manifest.packages.chrony", first: undefined, second: "4" },
    ]);
  });

  test("show the timings of both side by side, also where one has none", () => {
    expect(timingPairs(first, second)).toEqual([
      { what: "the whole run", first: 500, second: 1000 },
      { what: "master boot", first: 60, second: 30 },
      { what: "master init", first: 40.5, second: undefined },
      { what: "worker-node-1 join", first: 12, second: undefined },
      { what: "cluster ready", first: 3, second: undefined },
      { what: "worker-node-9 boot", first: undefined, second: 61 },
    ]);
  });

  test("are text with the ratio of the second to the first", () => {
    const text = comparison(readable("one", first), readable("other", second));
    expect(text).toMatch(/^ +one +other$/m);
    expect(text).toMatch(/^configuration\.workers +1 +4$/m);
    expect(text).toMatch(/^the whole run +500 +1000 +2\.00$/m);
    expect(text).toMatch(/^master boot +60 +30 +0\.50$/m);
    expect(text).toMatch(/^worker-node-9 boot +- +61 +-$/m);
  });

  test("that are alike say so", () => {
    const text = comparison(readable("one", first), readable("other", exampleRecord()));
    expect(text).toContain("configuration, versions and image are the same");
    expect(text).toMatch(/^the whole run +500 +500 +1\.00$/m);
  });
});
