import { describe, expect, it } from "vitest";
import { comparisonReport, generatorReport, repeatReport, verdictReport } from "../../../bench/reference/report.ts";
import type { BenchResult, PairResult } from "../../../cli/bench/statistics/result.ts";

describe("the comparison with scheduler_perf", () => {
  const rounds = (...ratios: readonly number[]) =>
    ratios.map((ratio) => ({ own: 100 * ratio, upstream: 100, load: 1 }));

  it("meets the goal within 10 %", () => {
    const { text, met } = comparisonReport(rounds(0.95, 0.97, 0.96, 1.02, 0.99, 0.98));
    expect(met).toBe(true);
    expect(text).toMatch(/^1 +95\.0 +100\.0 +0\.950 +1\.0$/m);
    expect(text).toMatch(/^ratio of 6 rounds: 0\.97\d \(95 % interval 0\.9\d\d to 1\.0\d\d\)$/m);
    expect(text).toMatch(/^met: at most 10 % of difference$/m);
    expect(text).not.toContain("missed");
  });

  it.each([0.85, 1.15])("misses the goal at a ratio of %d", (ratio) => {
    const { text, met } = comparisonReport(rounds(ratio, ratio));
    expect(met).toBe(false);
    expect(text).toMatch(/^ratio of 2 rounds: .* \(whole range /m);
    expect(text).toMatch(/^missed: at most 10 % of difference$/m);
  });
});

describe("the needs of the generator", () => {
  const mebibytes = (...values: readonly number[]) => values.map((value) => value * 2 ** 20);

  it("are less CPU than the API server's and flat memory", () => {
    const { text, met } = generatorReport({ cpuSeconds: 4, memory: mebibytes(200, 210, 205, 220) }, 20);
    expect(met).toBe(true);
    expect(text).toContain("generator 4.0, API server 20.0");
    expect(text).toContain("first half 210 MiB, second half 220 MiB");
    expect(text.match(/^met: /gm)).toHaveLength(2);
  });

  it("miss the goal of the CPU alone", () => {
    const { text, met } = generatorReport({ cpuSeconds: 20, memory: mebibytes(200, 200) }, 20);
    expect(met).toBe(false);
    expect(text).toMatch(/^missed: the generator uses less CPU than the API server$/m);
    expect(text.match(/^missed: /gm)).toHaveLength(1);
  });

  it("miss the goal of the memory alone", () => {
    const { text, met } = generatorReport({ cpuSeconds: 1, memory: mebibytes(200, 200, 260) }, 20);
    expect(met).toBe(false);
    expect(text).toMatch(/^missed: its memory grows/m);
    expect(text.match(/^missed: /gm)).toHaveLength(1);
  });
});

describe("the verdict", () => {
  const pair = (kind: PairResult["verdict"]["kind"], measure = "throughput"): PairResult => ({
    ...{ scheduler: "b", baseline: "a", measure, ratio: 1, interval: [1, 1], p: 1, blocks: 6 },
    verdict: { kind, text: kind },
  });

  it("on a scheduler and itself must be: same", () => {
    const { text, met } = verdictReport([pair("same"), pair("worse", "packing")], "same");
    expect([text, met]).toEqual(["met: a scheduler is the same as itself (same)", true]);
  });

  it.each(["unclear", "better", "worse", "different", "not comparable"] as const)(
    "on a scheduler and itself must not be: %s",
    (kind) => {
      const { text, met } = verdictReport([pair(kind), pair("same", "packing")], "same");
      expect([text, met]).toEqual([`missed: a scheduler is the same as itself (${kind})`, false]);
    },
  );

  it("on a delayed scheduler must be: worse", () => {
    const { text, met } = verdictReport([pair("worse"), pair("same", "packing")], "slower");
    expect([text, met]).toEqual(["met: the delayed scheduler is slower (worse)", true]);
  });

  it.each(["unclear", "better", "same", "different", "not comparable"] as const)(
    "on a delayed scheduler must not be: %s",
    (kind) => {
      expect(verdictReport([pair(kind), pair("worse", "packing")], "slower").met).toBe(false);
    },
  );

  it.each(["same", "slower"] as const)("is missed where there is none: %s", (wanted) => {
    const { text, met } = verdictReport([pair("same", "packing")], wanted);
    expect(met).toBe(false);
    expect(text).toMatch(/^missed: .* \(no verdict\)$/);
  });
});

describe("a benchmark and its repetition", () => {
  const result = (...intervals: readonly (readonly [number, number] | undefined)[]): BenchResult => ({
    schedulers: intervals.map((interval, index) => ({
      name: `s${index}`,
      measures: {
        throughput: { count: 6, median: 1, minimum: 1, maximum: 1, ...(interval === undefined ? {} : { interval }) },
      },
      limit: "scheduler",
    })),
    pairs: [],
  });

  it("agree if the intervals of each scheduler overlap", () => {
    const { met, text } = repeatReport(result([1, 2], [5, 6]), result([2, 3], [4, 7]));
    expect(met).toBe(true);
    expect(text).toBe("met: the two intervals of s0 overlap\nmet: the two intervals of s1 overlap");
  });

  it("do not agree if one scheduler has other intervals, none, or is missing", () => {
    expect(repeatReport(result([1, 2], [5, 6]), result([1, 2], [6.1, 7])).met).toBe(false);
    expect(repeatReport(result([6.1, 7]), result([5, 6])).met).toBe(false);
    expect(repeatReport(result([1, 2]), result(undefined)).met).toBe(false);
    expect(repeatReport(result([1, 2]), result()).met).toBe(false);
    expect(repeatReport(result(), result()).met).toBe(false);
  });
});
