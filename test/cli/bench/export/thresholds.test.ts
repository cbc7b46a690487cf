import { describe, expect, it } from "vitest";
import { thresholdChecks, thresholdFailures } from "../../../../cli/bench/export/thresholds.ts";
import type { Threshold } from "../../../../cli/bench/scenario/scenario.ts";
import { exampleData } from "./example-data.ts";

const withThresholds = (...thresholds: readonly Threshold[]) => {
  const data = exampleData();
  return { ...data, scenario: { ...data.scenario, thresholds } };
};
const base = { scheduler: "base", metric: "throughput" };
const mine = { scheduler: "mine", metric: "throughput" };

describe("thresholds", () => {
  it("hold at the limit itself", () => {
    const data = withThresholds({ ...base, atLeast: 100, atMost: 100 }, { ...mine, ratioAtLeast: 1.227 });
    expect(thresholdChecks(data)).toHaveLength(3);
    expect(thresholdFailures(data)).toEqual([]);
  });

  it("name the value and the limit that it violates", () => {
    expect(
      thresholdFailures(
        withThresholds({ ...base, atLeast: 101 }, { ...base, atMost: 99 }, { ...mine, ratioAtLeast: 1.3 }),
      ),
    ).toEqual([
      "base: median throughput is 100 pods/s, wanted at least 101 pods/s.",
      "base: median throughput is 100 pods/s, wanted at most 99 pods/s.",
      "mine: throughput is 1.227 times base, wanted at least 1.3.",
    ]);
  });

  it("fail where there is no value", () => {
    expect(
      thresholdFailures(withThresholds({ ...base, metric: "makespan", atMost: 5 }, { ...base, ratioAtLeast: 1 })),
    ).toEqual([
      "base: makespan has no value, wanted at most 5.",
      "base: throughput has no ratio to base, wanted at least 1.",
    ]);
  });

  it("fail where the ratio is not comparable, however large it is", () => {
    const data = withThresholds({ ...mine, ratioAtLeast: 1 });
    const pairs = data.result.pairs.map((pair) => ({
      ...pair,
      verdict: { kind: "not comparable" as const, text: "not comparable: the client limit held base back" },
    }));
    const [failure, ...others] = thresholdFailures({ ...data, result: { ...data.result, pairs } });
    expect(failure).toContain("the client limit held base back");
    expect(others).toEqual([]);
  });
});
