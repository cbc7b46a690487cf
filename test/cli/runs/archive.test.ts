import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { findRun, listRuns } from "../../../cli/runs/archive.ts";
import { listing } from "../../../cli/runs/listing.ts";
import { processIdentity } from "../../../lib/process-identity.ts";
import { writeRecord, type RunRecord } from "../../../cli/runs/record.ts";
import { test } from "../../support/folder.ts";
import { exampleRecord } from "./example-record.ts";

let root: string;
test.beforeEach(({ folder }) => {
  root = folder;
});

async function archive(name: string, changed: Partial<RunRecord> = {}): Promise<void> {
  mkdirSync(join(root, name));
  await writeRecord(join(root, name), exampleRecord(changed));
}

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

  test("shows a run as interrupted when its process has ended, and as running while it lives", async () => {
    const open = { outcome: "running", end: null, seconds: null, exitCode: null, nodes: [] } as const;
    const alive = await processIdentity();
    const [boot, pid] = alive.split("/");
    await archive("1-alive", { ...open, process: alive });
    await archive("2-later-process-of-that-number", { ...open, process: `${boot}/${pid}/1` });
    await archive("3-before-a-reboot", { ...open, process: `other/${pid}/1` });
    const outcomes = (await listRuns(root)).map(({ record }) => (record as RunRecord).outcome);
    expect(outcomes).toEqual(["running", "interrupted", "interrupted"]);
    expect(listing(await listRuns(root))).toMatch(/^1-alive +dev +up +running +- +0 /m);
  });

  test("names records that cannot be read, with the reason, beside the others", async () => {
    await archive("1-good");
    await archive("2-newer", { formatVersion: 2 as 1 });
    mkdirSync(join(root, "3-empty"));
    writeFileSync(join(root, "a file"), "");
    const runs = await listRuns(root);
    expect(runs.map(({ name }) => name)).toEqual(["1-good", "2-newer", "3-empty"]);
    expect(listing(runs)).toMatch(/^2-newer .*unreadable: expected format version 1, got 2$/m);
    expect(listing(runs)).toMatch(/^3-empty .*unreadable: ENOENT/m);
    expect(() => findRun(runs, "2")).toThrow(
      "the record of run 2-newer cannot be read: expected format version 1, got 2",
    );
  });

  test("leaves out diagnoses, which have no record", async () => {
    await archive("2026-11-21T09-00-00Z-dev");
    mkdirSync(join(root, "2026-11-21T10-00-00Z-dev-diagnose", "nodes"), { recursive: true });
    const runs = await listRuns(root);
    expect(runs.map(({ name }) => name)).toEqual(["2026-11-21T09-00-00Z-dev"]);
    expect(findRun(runs, "latest").name).toBe("2026-11-21T09-00-00Z-dev");
  });

  test("has the runs of a stack whose name ends like a diagnosis, also with a broken record", async () => {
    await archive("2026-11-21T09-00-00Z-pre-diagnose", { stack: "pre-diagnose" });
    await archive("2026-11-21T10-00-00Z-pre-diagnose", { formatVersion: 2 as 1 });
    expect(await listRuns(root)).toHaveLength(2);
  });

  test("is a sentence when no run is recorded", async () => {
    expect(listing(await listRuns(join(root, "absent")))).toBe(
      "no run is recorded yet; `npm run up` records the first",
    );
  });
});

describe("a run is found by", () => {
  test.beforeEach(async () => {
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

  test("no beginning that several names have", async () => {
    const runs = await listRuns(root);
    expect(() => findRun(runs, "2026-11-21")).toThrow(
      "2 runs match `2026-11-21`: 2026-11-21-dev, 2026-11-21-dev-2. Fix: give more of the name",
    );
  });

  test("no name that is missing", async () => {
    const runs = await listRuns(root);
    expect(() => findRun(runs, "2025")).toThrow(
      "no run matches `2025`: expected latest, previous, or the beginning of one of 3 names. Fix: choose a name that",
    );
    expect(() => findRun(runs, "")).toThrow("no run matches ``");
    expect(() => findRun(runs.slice(0, 1), "previous")).toThrow("no run matches `previous`");
    expect(() => findRun([], "latest")).toThrow("`npm run up` records the first run");
  });
});
