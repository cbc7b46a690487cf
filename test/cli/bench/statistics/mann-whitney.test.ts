import { describe, expect, it } from "vitest";
import { compareUnpaired, mannWhitney } from "../../../../cli/bench/statistics/mann-whitney.ts";
import { seededNoise } from "./noise.ts";

/** Returns two lists without ties, in which `u` pairs have the larger value in the first. */
function listsWith(u: number, first: number, second: number): readonly [readonly number[], readonly number[]] {
  let left = u;
  const a = Array.from({ length: first }, (_, index) => {
    const passed = Math.min(left, second);
    left -= passed;
    return 2 * passed + 1 - (index + 1) / (first + 2);
  });
  return [a, Array.from({ length: second }, (_, index) => 2 * index + 1)];
}

describe("the Mann-Whitney test", () => {
  // Critical values of U, two-sided at 5 %, as published by Mann and Whitney and in every table since.
  it.each([
    [5, 5, 2],
    [5, 8, 6],
    [6, 6, 5],
    [8, 8, 13],
    [10, 10, 23],
    [10, 15, 39],
    [20, 20, 127],
  ])("rejects with %i and %i values up to U = %i", (first, second, critical) => {
    expect(mannWhitney(...listsWith(critical, first, second))).toBeLessThanOrEqual(0.05);
    expect(mannWhitney(...listsWith(critical + 1, first, second))).toBeGreaterThan(0.05);
  });

  it("is exact: 2 / 252 where 5 and 5 values do not overlap, and 1 where U is in the middle", () => {
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(2 / 252, 12);
    expect(mannWhitney([10, 9, 8, 7, 6], [5, 4, 3, 2, 1])).toBeCloseTo(2 / 252, 12);
    expect(mannWhitney([1, 4], [2, 3])).toBe(1);
  });

  it("counts ties by hand: of 1, 1 against 1, 2 every choice is as extreme", () => {
    // Twice the ranks: 4, 4, 4, 8. The choices of two have the sums 8 (3 times) and 12 (3 times), 10 is the mean.
    expect(mannWhitney([1, 1], [1, 2])).toBeCloseTo(1, 12);
    expect(mannWhitney([5, 5, 5], [5, 5, 5])).toBe(1);
  });

  it("takes the normal approximation for long lists, near to the exact result", () => {
    const noise = seededNoise(2);
    const list = (count: number, shift: number) => Array.from({ length: count }, () => 100 + noise() + shift);
    const [a, b] = [list(50, 0), list(50, 0.45)];
    const exact = mannWhitney(a, b);
    const approximate = mannWhitney([...a, 100.2], b);
    expect(exact).toBeLessThan(0.2);
    expect(Math.abs(approximate - exact)).toBeLessThan(0.02);
    expect(mannWhitney([...a, ...a], [...a, ...a])).toBe(1);
  });
});

describe("a comparison without blocks", () => {
  it("has the ratio of the medians, and an interval around it", () => {
    const a = [110, 112, 111, 109, 113, 110.5, 111.5, 108, 114, 110.2];
    const b = [100, 102, 101, 99, 103, 100.5, 101.5, 98, 104, 100.2];
    const { ratio, interval, p } = compareUnpaired(a, b);
    expect(ratio).toBeCloseTo(110.75 / 100.75, 12);
    expect(interval[0]).toBeGreaterThan(1.07);
    expect(interval[0]).toBeLessThan(ratio);
    expect(interval[1]).toBeGreaterThan(ratio);
    expect(interval[1]).toBeLessThan(1.13);
    expect(p).toBeLessThan(0.001);
  });

  it("has the 24th smallest and largest of 100 differences as its interval", () => {
    // U = 23 is the critical value of 10 and 10.
    const a = Array.from({ length: 10 }, (_, index) => Math.exp(index * 10));
    const b = Array.from({ length: 10 }, (_, index) => Math.exp(index));
    const differences = a.flatMap((x) => b.map((y) => Math.log(x / y))).sort((x, y) => x - y);
    const { interval } = compareUnpaired(a, b);
    expect(Math.log(interval[0])).toBeCloseTo(differences[23] ?? NaN, 10);
    expect(Math.log(interval[1])).toBeCloseTo(differences[76] ?? NaN, 10);
  });

  it("has the whole range where the lists are too short for 95 %", () => {
    const { interval, p } = compareUnpaired([2, 3, 4], [1, 1.5, 1]);
    expect(interval[0]).toBeCloseTo(2 / 1.5, 12);
    expect(interval[1]).toBeCloseTo(4, 12);
    expect(p).toBeCloseTo(0.1, 12);
  });

  it("narrows the interval of long lists", () => {
    const noise = seededNoise(5);
    const list = (centre: number) => Array.from({ length: 60 }, () => centre + noise());
    const [low, high] = compareUnpaired(list(110), list(100)).interval;
    expect(low).toBeGreaterThan(1.09);
    expect(high).toBeLessThan(1.11);
  });

  it.each([
    [[], [1]],
    [[1], []],
    [[0], [1]],
    [[1], [NaN]],
  ] as [number[], number[]][])("refuses %j, %j", (a, b) => {
    expect(() => compareUnpaired(a, b)).toThrow("A comparison needs two lists");
  });
});
