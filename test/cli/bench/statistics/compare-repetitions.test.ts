import { describe, expect, test } from "vitest";
import type { MeasuredRepetition } from "../../../../cli/bench/export/benchmark-data.ts";
import { compareRepetitions, summarizeRepetitions } from "../../../../cli/bench/statistics/compare-repetitions.ts";
import { exampleData, exampleRepetition } from "../export/example-data.ts";

const { scenario } = exampleData();
const by = (limit: MeasuredRepetition["limit"]["by"]) => ({ by: limit, evidence: "" });

/** Eight blocks in which `mine` is faster by 50 %, with some noise. */
const blocks = (limit: MeasuredRepetition["limit"]["by"] = "scheduler") =>
  Array.from({ length: 8 }, (_, block) =>
    ["base", "mine"].map((scheduler) => {
      const throughput = (scheduler === "mine" ? 150 : 100) * (1 + ((block * 7) % 5) / 1000);
      return exampleRepetition({ block, scheduler, measures: { throughput }, limit: by(limit) });
    }),
  ).flat();

describe("the comparison of repetitions", () => {
  test("has a pair for each other scheduler, and what limited each", () => {
    const { pairs, schedulers } = compareRepetitions(scenario, blocks());
    expect(pairs.map(({ scheduler, baseline, blocks: used }) => [scheduler, baseline, used])).toEqual([
      ["mine", "base", 8],
    ]);
    expect(pairs[0]?.ratio).toBeCloseTo(1.5, 2);
    expect(pairs[0]?.verdict.kind).toBe("better");
    expect(schedulers.map(({ name, limit }) => [name, limit])).toEqual([
      ["base", "scheduler"],
      ["mine", "scheduler"],
    ]);
  });

  test.each([{ warmup: true }, { void: "the nodes differed" }])("leaves out repetitions with %j", (changes) => {
    const measures = { throughput: 1 };
    const more = ["base", "mine"].map((scheduler) =>
      exampleRepetition({ block: 9, scheduler, measures, limit: by("generator"), ...changes }),
    );
    expect(compareRepetitions(scenario, [...more, ...blocks()])).toEqual(compareRepetitions(scenario, blocks()));
  });

  test.each(["generator", "workload"] as const)("gives no verdict on speed where the %s was the limit", (limit) => {
    const { pairs } = compareRepetitions(scenario, blocks(limit));
    expect(pairs[0]?.verdict.kind).toBe("not comparable");
    expect(pairs[0]?.verdict.text).toContain("pods were created more slowly than the schedulers bind them");
  });

  test("has the limit of most repetitions", () => {
    const limits = ["etcd", "scheduler", "etcd"] as const;
    const repetitions = limits.map((limit, block) => exampleRepetition({ block, limit: by(limit) }));
    const { schedulers, pairs } = compareRepetitions(scenario, repetitions);
    expect(schedulers.map(({ limit }) => limit)).toEqual(["etcd", "unknown"]);
    expect(pairs.map(({ verdict }) => verdict.kind)).toEqual(["not comparable"]);
  });

  test("of nothing has no measures", () => {
    const { schedulers, pairs } = compareRepetitions(scenario, []);
    expect(schedulers.map(({ measures, limit }) => [measures, limit])).toEqual([
      [{}, "unknown"],
      [{}, "unknown"],
    ]);
    expect(pairs.map(({ blocks: used }) => used)).toEqual([0]);
  });
});

describe("the summary of repetitions", () => {
  test.each([[[]], [blocks()]])("has the same schedulers as the comparison, and no pair", (repetitions) => {
    const { schedulers, pairs } = summarizeRepetitions(scenario, repetitions);
    expect(schedulers).toEqual(compareRepetitions(scenario, repetitions).schedulers);
    expect(schedulers).toHaveLength(2);
    expect(pairs).toEqual([]);
  });
});
