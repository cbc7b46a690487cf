import { describe, expect, test } from "vitest";
import { voidReason, type Evidence } from "../../../../cli/bench/run/void-rules.ts";
import { pod } from "../metrics/repetitions.ts";

/** Pods at a rate of 10 pods/s. */
const paced = (count: number) =>
  Array.from({ length: count }, (_, index) => pod(`pod-${index}`, { created: index * 100 }));

const usage = (...steals: number[]) => steals.map((steal) => ({ at: 0, cpuSeconds: {}, memoryPeak: {}, steal }));

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  ...{ expectedNodes: "x", nodes: ["x", "x"], usage: usage(0, 0.02), ended: false, arrival: "burst", pods: paced(30) },
  ...changes,
});

describe("a repetition counts", () => {
  test.each([
    ["as it is", {}],
    ["without samples of the usage", { usage: [] }],
    ["with 10 % of stolen time", { usage: usage(0.1) }],
    ["at the wanted rate", { arrival: { rate: 10 } }],
    ["at 95 % of the wanted rate", { arrival: { rate: 10.5 } }],
    ["below the rate with too few pods to tell", { arrival: { rate: 1000 }, pods: paced(19) }],
    ["below no rate", { arrival: "backlog" }],
    ["at the times of a trace", { arrival: "trace" }],
    [
      "with pods that were created at once",
      { arrival: { rate: 10 }, pods: paced(30).map((each) => ({ ...each, created: 0 })) },
    ],
  ] as const)("%s", (_name, changes) => {
    expect(voidReason(evidence(changes))).toBeUndefined();
  });
});

describe("a repetition is void", () => {
  const nodes = "the nodes differed from those at the start of the benchmark";
  test.each([
    [{ failure: "it failed", ended: true, nodes: ["y"] }, "it failed"],
    [{ nodes: ["y", "x"] }, nodes],
    [{ nodes: ["x", "y"], ended: true }, nodes],
    [{ ended: true, usage: usage(1) }, "the scheduler ended before the workload"],
    [{ usage: usage(0, 0.11, 0) }, "the hypervisor took 11 % of the processors' time, at most 10 %"],
    [{ arrival: { rate: 11 } }, "the generator created 10.0 pods/s, expected 11"],
    [{ pods: [] }, "no pod was measured"],
    [{ pods: [], arrival: { rate: 1 } }, "no pod was measured"],
  ] as const)("%#: %s", (changes, expected) => {
    expect(voidReason(evidence(changes))).toBe(expected);
  });
});
