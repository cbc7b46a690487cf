import { describe, expect, it } from "vitest";
import { pairedRatio, signFlip } from "../../../../cli/bench/statistics/pair.ts";
import { seededNoise } from "./noise.ts";

describe("the sign-flip test", () => {
  it.each([5, 6, 10, 20])("gives 2 / 2^n for %i values of one sign", (count) => {
    const values = Array.from({ length: count }, (_, index) => 1 + index / 7);
    expect(signFlip(values, 1)).toBe(2 / 2 ** count);
    expect(signFlip(values.map((value) => -value), 1)).toBe(2 / 2 ** count); // prettier-ignore
  });

  it("counts by hand: of 1, 2, -3, 6 every sum as far from 0 as 6", () => {
    // Sums of the 16 changes of signs: +-12, +-10, +-8, +-6, +-6, +-4, +-2, +-0.
    expect(signFlip([1, 2, -3, 6], 1)).toBe(10 / 16);
  });

  it("is 1 without any difference, and takes sums for equal that differ in the last digit", () => {
    expect(signFlip([0, 0, 0, 0, 0, 0], 1)).toBe(1);
    expect(signFlip([0.1, 0.2, 0.3, -0.1, 0.2, 0.3], 1)).toBe(signFlip([1, 2, 3, -1, 2, 3], 1));
  });

  it("draws flips above 20 values, near to the exact result, by the seed", () => {
    const noise = seededNoise(4);
    const values = Array.from({ length: 24 }, () => noise() + 0.3);
    const p = signFlip(values, 1);
    expect(signFlip(values, 1)).toBe(p);
    expect(signFlip(values, 2)).not.toBe(p);
    const mean = values.reduce((sum, value) => sum + value, 0);
    const size = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
    // The sum is near to normal with this deviation.
    expect(Math.abs(mean) / size > 1.96).toBe(p < 0.05);
    expect(signFlip(Array.from({ length: 30 }, () => 1), 1)).toBeLessThan(1e-4); // prettier-ignore
  });
});

describe("the ratio within blocks", () => {
  it("is the Hodges-Lehmann estimate of the logarithms", () => {
    // Logarithms 0, 1, 5: means of pairs 0, 0.5, 1, 2.5, 3, 5.
    const { ratio } = pairedRatio([[1, 1], [Math.E, 1], [Math.E ** 5, 1]], 1); // prettier-ignore
    expect(Math.log(ratio)).toBeCloseTo(1.75, 12);
  });

  it("has the whole range as its interval below 6 blocks, and a narrower one from 6 on", () => {
    const pairs = [1.1, 1.2, 1.3, 1.25, 1.22].map((value) => [value, 1] as const);
    const few = pairedRatio(pairs, 1);
    expect(few.interval[0]).toBeCloseTo(1.1, 12);
    expect(few.interval[1]).toBeCloseTo(1.3, 12);
    expect(few.blocks).toBe(5);
    const more = pairedRatio([...pairs, ...pairs], 1);
    expect(more.interval[0]).toBeGreaterThan(1.11);
    expect(more.interval[1]).toBeLessThan(1.3);
    expect(more.interval[0]).toBeLessThan(more.ratio);
    expect(more.interval[1]).toBeGreaterThan(more.ratio);
  });

  it("ignores the drift that both share", () => {
    const pairs = Array.from({ length: 8 }, (_, block) => [110 * 2 ** block, 100 * 2 ** block] as const);
    const { ratio, interval, p, spread } = pairedRatio(pairs, 1);
    for (const value of [ratio, ...interval]) expect(value).toBeCloseTo(1.1, 12);
    expect(p).toBe(2 / 256);
    expect(spread).toBeCloseTo(0, 12);
  });

  it("is the same for one seed, and turns over with the order of the two", () => {
    const noise = seededNoise(9);
    const pairs = Array.from({ length: 9 }, () => [100 + noise(), 90 + noise()] as const);
    expect(pairedRatio(pairs, 3)).toEqual(pairedRatio(pairs, 3));
    const turned = pairedRatio(pairs.map(([a, b]) => [b, a] as const), 3); // prettier-ignore
    expect(turned.ratio).toBeCloseTo(1 / pairedRatio(pairs, 3).ratio, 12);
    expect(pairedRatio(pairs.slice(0, 1), 3).spread).toBeNaN();
  });

  it.each([6, 10, 14])("covers the truth in about 95 % of cases with %i blocks", (blocks) => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const noise = seededNoise(seed + 10_000 * blocks);
      const pairs = Array.from({ length: blocks }, () => [1.05 * Math.exp(0.03 * noise()), 1] as const);
      const [low, high] = pairedRatio(pairs, seed).interval;
      if (low <= 1.05 && 1.05 <= high) covered += 1;
    }
    expect(covered / 200).toBeGreaterThan(0.92);
    expect(covered / 200).toBeLessThan(0.99);
  });

  it.each([[[]], [[[1, 0]]], [[[-1, 1]]], [[[NaN, 1]]]] as [[number, number][]][])("refuses %j", (pairs) => {
    expect(() => pairedRatio(pairs, 1)).toThrow("A ratio needs values above 0");
  });
});
