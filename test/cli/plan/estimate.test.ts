import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { estimate, type TimedRun } from "../../../cli/plan/estimate.ts";
import { paceOf } from "../../../cli/plan/live-facts.ts";
import type { NodeChange } from "../../../cli/plan/node-change.ts";
import { timedRuns } from "../../../cli/plan/timed-runs.ts";
import { exampleRecord } from "../runs/example-record.ts";

const nodes: TimedRun["nodes"] = [
  { name: "master", role: "control-plane", address: "192.168.222.10", image: "ab" },
  { name: "worker-1", role: "worker", address: "192.168.222.11", image: "ab" },
];
const created = { created: 20, updated: 0, deleted: 0, replaced: 0, same: 0 };
const same = { created: 0, updated: 2, deleted: 0, replaced: 0, same: 44 };
/** The control plane takes 100 s. A worker boots in 40 s and joins in 20 s. */
const first: TimedRun = {
  seconds: 200,
  changes: created,
  nodes,
  timings: {
    master: { boot: 40, kubelet: 60 },
    "worker-1": { boot: 40, token: 5, join: 10, ready: 5 },
    cluster: { ready: 9 },
  },
};
const pace = { maxUnavailable: 1, joinWaveSize: 2 };
const workers = (change: NodeChange["change"], count: number): readonly NodeChange[] =>
  Array.from({ length: count }, (_, index) => ({ node: `w-${index}`, role: "worker", change, reasons: [] }));
const master = (change: NodeChange["change"]): NodeChange => ({
  node: "m",
  role: "control-plane",
  change,
  reasons: [],
});
const seconds = (changes: readonly NodeChange[], runs = [first], given = pace) =>
  estimate(changes, runs, given).seconds;

describe("the pace of a plan", () => {
  test.each([
    ["of the settings", { joinWaveSize: "5", maxUnavailable: "2" }, "kvm", { joinWaveSize: 5, maxUnavailable: 2 }],
    ["of a default with kvm", { joinWaveSize: "0" }, "kvm", { joinWaveSize: 200, maxUnavailable: 1 }],
    ["of a default with qemu", {}, "qemu", { joinWaveSize: 20, maxUnavailable: 1 }],
  ] as const)("is that %s", (_, settings, type, expected) => {
    expect(paceOf(settings, type)).toEqual(expected);
  });
});

describe("the estimated time", () => {
  test.each([
    ["one worker that is added", workers("added", 1), 60],
    ["workers of two waves", workers("added", 3), 80],
    ["workers that are replaced one by one", workers("replaced", 3), 180],
    ["the control plane and a worker", [master("replaced"), ...workers("replaced", 1)], 160],
    ["a new cluster, whose machines boot at the same time", [master("added"), ...workers("added", 2)], 120],
    ["workers that are replaced and added beside each other", [...workers("replaced", 1), ...workers("added", 1)], 60],
    ["workers that join again", workers("rejoined", 2), 20],
    ["workers that boot again", workers("booted", 2), 40],
  ])("of %s", (_, changes, expected) => {
    expect(seconds(changes)).toBe(expected);
  });

  test("depends on the number of workers that may be unavailable", () => {
    expect(seconds(workers("replaced", 3), [first], { ...pace, maxUnavailable: 2 })).toBe(120);
  });

  test("is the median, and a node that a run did not change counts once", () => {
    const with40 = (boot: number): TimedRun => ({
      ...first,
      timings: { "worker-1": { boot, token: 5, join: 10, ready: 5 } },
    });
    // Without the repetition the median would be 40.
    expect(seconds(workers("added", 1), [first, first, first, with40(60), with40(80)])).toBe(80);
  });

  test("has the time of a run that made no machine", () => {
    const repeated: TimedRun = { ...first, seconds: 70, changes: same };
    expect(seconds([], [first, repeated])).toBe(70);
    expect(seconds(workers("removed", 1), [first, repeated])).toBe(70);
    expect(seconds(workers("added", 1), [first, repeated])).toBe(130);
  });

  test("is unknown without a run, and without the time of a role", () => {
    expect(estimate(workers("added", 1), [], pace)).toEqual({ seconds: undefined, runs: 0 });
    expect(estimate(workers("removed", 1), [first], pace)).toEqual({ seconds: undefined, runs: 1 });
    const timings = { master: first.timings.master ?? {} };
    expect(seconds(workers("added", 1), [{ ...first, timings }])).toBeUndefined();
    expect(seconds([master("replaced")], [{ ...first, timings }])).toBe(100);
  });
});

describe("the runs of a stack", () => {
  function folder(...records: readonly object[]): string {
    const root = mkdtempSync(join(tmpdir(), "nodeforge-runs-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    records.forEach((record, index) => {
      const run = join(root, `2026-11-2${index}T09-00-00Z-dev`);
      mkdirSync(run);
      writeFileSync(join(run, "record.json"), JSON.stringify(record));
    });
    return root;
  }

  test("are those that succeeded, without benchmarks and other stacks", async () => {
    const root = folder(
      exampleRecord({ seconds: 1 }),
      exampleRecord({ seconds: 2, outcome: "failed" }),
      exampleRecord({ seconds: 3, command: "bench" }),
      exampleRecord({ seconds: 4, stack: "lab" }),
      exampleRecord({ seconds: 5, command: "roll" }),
    );
    expect((await timedRuns("dev", {}, root)).map((run) => run.seconds)).toEqual([1, 5]);
  });

  test("are the outputs of the stack where no run is recorded", async () => {
    const last = { nodes, timings: first.timings };
    expect(await timedRuns("dev", last, folder())).toEqual([{ seconds: null, changes: null, ...last }]);
    expect(await timedRuns("dev", {}, folder())).toEqual([]);
    expect(await timedRuns("dev", last, folder(exampleRecord({ seconds: 1 })))).toHaveLength(1);
  });
});
