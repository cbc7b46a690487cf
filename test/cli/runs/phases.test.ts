import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { longerThanRun, validTimings } from "../../../cli/runs/phases.ts";
import { readRecord } from "../../../cli/runs/record.ts";
import { readResult } from "../../../cli/runs/result.ts";
import { test } from "../../support/folder.ts";
import { exampleRecord } from "./example-record.ts";

const odd = { master: { boot: -1795637414, init: 40.5 }, cluster: { ready: 3 } };
const valid = { master: { init: 40.5 }, cluster: { ready: 3 } };

describe("times that cannot be durations", () => {
  test("are not recorded, with a line for each node", async () => {
    const said: string[] = [];
    const capture = () => Promise.resolve(JSON.stringify({ timings: odd }));
    expect(await readResult({ stack: "dev", capture }, (line) => said.push(line))).toEqual({ timings: valid });
    expect(said).toEqual([
      "times of master cannot be durations and are left out: boot -1795637414 (expected 0 to 604800 s)",
    ]);
  });

  test("of an older record are not shown", async ({ folder }) => {
    writeFileSync(join(folder, "record.json"), JSON.stringify(exampleRecord({ timings: odd })));
    expect((await readRecord(folder)).timings).toEqual(valid);
  });

  test("are left out, and no other times are", () => {
    const said: string[] = [];
    expect(validTimings(valid, (line) => said.push(line))).toEqual(valid);
    expect(said).toEqual([]);
  });
});

describe("phases that add up to more than the run", () => {
  const timings = { master: { boot: 60, init: 440.5 }, cluster: { ready: 3 } };

  test("are named for a run that created everything", () => {
    expect(longerThanRun(exampleRecord({ timings }))).toEqual([
      "The phases of master add up to 500.5 s, and the whole run took 500 s.",
    ]);
  });

  test("are not named where a node is of an earlier run", () => {
    const changes = { created: 20, updated: 0, deleted: 0, replaced: 0, same: 1 };
    expect(longerThanRun(exampleRecord({ timings, changes }))).toEqual([]);
    expect(longerThanRun(exampleRecord({ timings, changes: null }))).toEqual([]);
  });

  test("are not named where the phases fit into the run", () => {
    expect(longerThanRun(exampleRecord())).toEqual([]);
  });
});
