import { describe, expect, it } from "vitest";
import { sortedMedian, summarize } from "../../../../cli/bench/statistics/summary.ts";

const ranks = (count: number) => Array.from({ length: count }, (_, index) => count - index);

describe("a summary", () => {
  // Table of order-statistic intervals of a median at 95 %, e.g. Conover, Practical Nonparametric Statistics.
  it.each([
    [6, 1, 6],
    [7, 1, 7],
    [8, 1, 8],
    [9, 2, 8],
    [10, 2, 9],
    [12, 3, 10],
    [15, 4, 12],
    [20, 6, 15],
    [25, 8, 18],
    [30, 10, 21],
  ])("of %i values has the interval from rank %i to %i", (count, low, high) => {
    expect(summarize(ranks(count)).interval).toEqual([low, high]);
  });

  it.each([1, 2, 5])("of %i values has no interval", (count) => {
    const summary = summarize(ranks(count));
    expect(summary).not.toHaveProperty("interval");
    expect(summary).toEqual({ count, median: (count + 1) / 2, minimum: 1, maximum: count });
  });

  it("covers 97.9 % with 10 values, and 96.9 % with 6", () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    const covered = (n: number, low: number) =>
      1 - 2 * Array.from({ length: low }, (_, k) => choose(n, k) / 2 ** n).reduce((sum, part) => sum + part, 0);
    expect(covered(10, summarize(ranks(10)).interval?.[0] ?? 0)).toBeCloseTo(0.979, 3);
    expect(covered(6, summarize(ranks(6)).interval?.[0] ?? 0)).toBeCloseTo(0.969, 3);
  });

  it("does not break off where a power of 2 underflows", () => {
    const [low = 0, high = 0] = summarize(ranks(2000)).interval ?? [];
    expect(low + high).toBe(2001);
    expect(low).toBe(956);
  });

  it("takes the mean of the two middle values, and leaves the input alone", () => {
    const values = [3, 1, 10, 2];
    expect(summarize(values).median).toBe(2.5);
    expect(values).toEqual([3, 1, 10, 2]);
    expect(sortedMedian([])).toBeNaN();
  });

  it.each([[[]], [[1, NaN]], [[Infinity]]])("of %j is refused", (values) => {
    expect(() => summarize(values)).toThrow("A summary needs finite values");
  });
});
