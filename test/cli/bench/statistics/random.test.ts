import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../../../../cli/bench/statistics/random.ts";

describe("pseudo-random numbers", () => {
  it("are the same for one seed, and others for its neighbour", () => {
    const of = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).bits);
    expect(of(3)).toEqual(of(3));
    expect(of(3).filter((value) => of(4).includes(value))).toEqual([]);
    expect(new Set(of(0)).size).toBe(5);
  });

  it("take all values below a limit about equally often, for each seed", () => {
    for (const seed of [0, 1, -1, 2 ** 31, 4_000_000_000]) {
      const random = seededRandom(seed);
      const counts = [0, 0, 0, 0, 0, 0, 0];
      for (let i = 0; i < 70_000; i += 1) {
        const value = random.below(7);
        counts[value] = (counts[value] ?? NaN) + 1;
      }
      expect(counts).toHaveLength(7);
      // 6 degrees of freedom: above 22.5 with a probability of 0.1 %.
      expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.5);
    }
  });

  it("shuffle without loss, and leave the input alone", () => {
    const items = [1, 2, 3, 4, 5, 6];
    const result = shuffled(items, seededRandom(1));
    expect(result.toSorted()).toEqual(items);
    expect(items).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
