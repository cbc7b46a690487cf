import { describe, expect, it } from "vitest";
import { problemsOf } from "../support/settings.ts";

/** Faults of each pool, by name. */
const faults = {
  "an unknown key": (index: number) => ({ name: `p${index}`, count: 0, cuont: 1 }),
  "wrong values of every kind": (index: number) => ({
    ...{ name: `p${index}`, count: -1, labels: ["a"], taints: ["b"], kubelet: { maxPod: 1 }, diskGiB: 0 },
  }),
} as const;

/** Milliseconds of processor time of a refusal: the least of two, because the garbage collector runs in some of them. */
function cost(raw: Record<string, string>): number {
  const times = Array.from({ length: 2 }, () => {
    const before = process.cpuUsage();
    problemsOf(raw);
    return process.cpuUsage(before).user / 1000;
  });
  return Math.min(...times);
}

const configuration = (list: string, pool: (index: number) => object, length: number) => ({
  [list]: JSON.stringify(Array.from({ length }, (_, index) => pool(index))),
});

describe.each(["workerPools", "simulatedNodes"])("a configuration of 10,000 objects in %s", (list) => {
  it.each(Object.entries(faults))(
    "is refused in linear time when each has %s",
    (_, pool) => {
      problemsOf(configuration(list, pool, 100));
      const [few, many] = [500, 4_000].map((length) => cost(configuration(list, pool, length))) as [number, number];
      // Eight times as many objects cost 64 times as much when each is compared with each.
      expect(many / few).toBeLessThan(24);
    },
    120_000,
  );

  it("names every wrong object once, and the length of the list", () => {
    const problems = problemsOf(configuration(list, (index) => ({ name: `P${index}`, count: 0 }), 10_000));
    expect(problems).toHaveLength(10_001);
    expect(new Set(problems.map(({ key }) => key)).size).toBe(10_001);
    expect(problems.map(({ key }) => key)).toEqual(
      expect.arrayContaining([list, `${list}[0].name`, `${list}[9999].name`]),
    );
  }, 120_000);

  it("is refused when every object is right", () => {
    const pool = (index: number) => ({ name: `p${index}`, count: 0 });
    expect(problemsOf(configuration(list, pool, 10_000))).toEqual([
      { key: list, expected: "at most 5000 pools", given: "10000" },
    ]);
  }, 120_000);

  it("is accepted with 5,000 right objects, and refused with one more", () => {
    const pool = (index: number) => ({ name: `p${index}`, count: 0 });
    expect(() => problemsOf(configuration(list, pool, 5_000))).toThrow("to be refused");
    expect(problemsOf(configuration(list, pool, 5_001)).map(({ key }) => key)).toEqual([list]);
  }, 120_000);
});
