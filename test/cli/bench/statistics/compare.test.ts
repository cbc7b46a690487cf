import { describe, expect, it } from "vitest";
import type { MeasureKind } from "../../../../cli/bench/metrics/measures.ts";
import { compareSchedulers, detectable } from "../../../../cli/bench/statistics/compare.ts";
import { seededNoise } from "./noise.ts";

const kinds: readonly MeasureKind[] = [
  { name: "throughput", title: "Throughput", unit: "pods/s", better: "higher" },
  { name: "p99", title: "Latency", unit: "ms", better: "lower" },
  { name: "nodes", title: "Nodes used", unit: "", better: "neither" },
];

/** Repetitions with a throughput of `centre` and a latency of 10000 / `centre`, both with noise. */
function repetitions(centre: number, noise: number, next: () => number, blocks = 10) {
  return Array.from({ length: blocks }, (_, block) => ({
    block,
    measures: {
      throughput: centre * Math.exp(noise * next()),
      p99: (10_000 / centre) * Math.exp(noise * next()),
      nodes: 7,
    },
  }));
}

const common = { kinds, baseline: "a", named: ["throughput", "p99"], equivalence: 0.03, seed: 1 };

describe("a comparison", () => {
  // Two measures under Holm's correction: the error rate of both together is at most 5 %. It is nearly 5 % where the noise is
  // wide against the equivalence band. 18 of 200 is then the 99 % bound of a binomial variable.
  it.each([
    [0.02, 10],
    [0.04, 18],
  ])("of A against A with noise %d claims a difference for at most %i of 200 seeds", (noise, most) => {
    const wrong = Array.from({ length: 200 }, (_, seed) => {
      const next = seededNoise(seed);
      const values = { a: repetitions(100, noise, next), b: repetitions(100, noise, next) };
      return compareSchedulers({ ...common, values, seed }).pairs.some(
        ({ verdict }) => verdict.kind !== "same" && verdict.kind !== "unclear",
      );
    });
    expect(wrong).toHaveLength(200);
    expect(wrong.filter(Boolean).length).toBeLessThanOrEqual(most);
  });

  it("says better to a difference of 10 % under noise of 2 %, for each of 200 seeds", () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const next = seededNoise(seed);
      const values = { a: repetitions(100, 0.02, next), b: repetitions(110, 0.02, next) };
      const { pairs } = compareSchedulers({ ...common, values, seed });
      expect(pairs.map(({ verdict }) => verdict.kind)).toEqual(["better", "better"]);
      expect(pairs[0]?.verdict.text).toMatch(/^faster by \d+(\.\d)? % \(\d+(\.\d)? to \d+(\.\d)?\)$/);
      expect(pairs[1]?.verdict.text).toMatch(/^lower by/);
    }
  });

  it("summarizes every measure of every scheduler, and compares the named ones only", () => {
    const next = seededNoise(1);
    const values = { a: repetitions(100, 0.01, next), b: repetitions(100, 0.01, next), c: repetitions(80, 0.01, next) };
    const { schedulers, pairs } = compareSchedulers({ ...common, values });
    expect(schedulers.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(Object.keys(schedulers[0]?.measures ?? {})).toEqual(["throughput", "p99", "nodes"]);
    expect(schedulers[0]?.measures["nodes"]).toEqual({
      count: 10,
      median: 7,
      interval: [7, 7],
      minimum: 7,
      maximum: 7,
    });
    expect(pairs.map(({ scheduler, measure }) => `${scheduler} ${measure}`)).toEqual([
      "b throughput",
      "b p99",
      "c throughput",
      "c p99",
    ]);
    expect(new Set(pairs.map(({ baseline }) => baseline))).toEqual(new Set(["a"]));
    expect(pairs[2]?.verdict.kind).toBe("worse");
    // 2 / 2^10, times the 4 comparisons that Holm's correction takes together, or 3 for the second.
    expect(pairs[2]?.p).toBeCloseTo(8 / 1024, 12);
  });

  it("is the same for one seed", () => {
    const values = { a: repetitions(100, 0.02, seededNoise(1)), b: repetitions(101, 0.02, seededNoise(2)) };
    expect(compareSchedulers({ ...common, values })).toEqual(compareSchedulers({ ...common, values }));
  });
});

describe("pairs", () => {
  const next = seededNoise(3);
  const a = repetitions(100, 0.01, next);
  const b = repetitions(120, 0.01, next);

  it("leave out blocks that one of the two lacks, whatever the order", () => {
    const partly = b.filter(({ block }) => block !== 2).toReversed();
    const values = { a: a.filter(({ block }) => block !== 5), b: partly };
    const [pair] = compareSchedulers({ ...common, values, named: ["throughput"] }).pairs;
    expect(pair?.blocks).toBe(8);
    expect(pair?.verdict.kind).toBe("better");
    expect(pair?.p).toBe(2 / 256);
  });

  it("without a common block, or with a value of 0, are not comparable, and not corrected for", () => {
    const zero = b.map(({ block, measures }) => ({ block, measures: { ...measures, p99: 0 } }));
    const none = a.map(({ block, measures }) => ({ block: block + 10, measures }));
    const { pairs } = compareSchedulers({ ...common, values: { a, b: zero, c: none } });
    expect(pairs.map(({ verdict }) => verdict.kind)).toEqual([
      "better",
      "not comparable",
      "not comparable",
      "not comparable",
    ]);
    expect(pairs[0]?.p).toBe(2 / 1024);
    expect(pairs[1]?.verdict.text).toBe("not comparable: p99 is not above 0 in every block, so that it has no ratio");
    expect(pairs[2]?.verdict.text).toBe("not comparable: no block has throughput of both c and a");
    expect(pairs[2]).toMatchObject({ ratio: NaN, interval: [NaN, NaN], p: NaN, blocks: 0 });
  });

  it("of equal values are the same, also where all are 0", () => {
    const zero = (list: typeof a) => list.map(({ block, measures }) => ({ block, measures: { ...measures, p99: 0 } }));
    const { pairs } = compareSchedulers({ ...common, values: { a: zero(a), b: zero(b) }, named: ["p99", "nodes"] });
    expect(pairs.map(({ verdict }) => verdict.text)).toEqual(["same within 3 %", "same within 3 %"]);
  });

  it.each(["a", "b"])("whose %s had another limit are not comparable by speed, but by the rest", (limited) => {
    const { pairs } = compareSchedulers({
      ...common,
      values: { a, b },
      notComparable: { [limited]: "etcd was the limit" },
    });
    expect(pairs[0]?.verdict.text).toBe("not comparable: etcd was the limit");
    expect(pairs[0]?.ratio).toBeCloseTo(1.2, 1);
    expect(pairs[1]?.verdict.kind).toBe("better");
  });

  it("of fewer than 6 blocks never have a verdict", () => {
    const [pair] = compareSchedulers({ ...common, values: { a: a.slice(0, 5), b }, named: ["throughput"] }).pairs;
    expect(pair?.verdict.kind).toBe("unclear");
    expect(pair?.verdict.text).toMatch(/; 1 more repetition would$/);
  });
});

describe("wrong input", () => {
  const values = { a: repetitions(100, 0.01, seededNoise(1)), b: repetitions(100, 0.01, seededNoise(2)) };
  it("names an unknown baseline, and an unknown measure", () => {
    expect(() => compareSchedulers({ ...common, values, baseline: "x" })).toThrow('baseline "x" has no results');
    expect(() => compareSchedulers({ ...common, values, named: ["speed"] })).toThrow(
      'measure "speed" is unknown; wanted one of throughput, p99, nodes',
    );
  });
});

describe("the detectable difference", () => {
  const noisy = (noise: number, count: number) => {
    const next = seededNoise(1);
    return Array.from({ length: count }, () => 100 * Math.exp(noise * next()));
  };

  it("is what 10 repetitions see: about 3 % where the noise of a value is 2 %", () => {
    // (2.26 + 0.84) * 1.02 * 0.02 * sqrt(2) / sqrt(10)
    expect(detectable(noisy(0.02, 1000), 10)).toBeCloseTo(2.9, 0);
    expect(detectable(noisy(0.02, 10))).toBeLessThan(6);
  });

  it("shrinks with repetitions, and ignores slow drift", () => {
    expect(detectable(noisy(0.02, 100), 40)).toBeLessThan((detectable(noisy(0.02, 100), 10) ?? 0) / 1.9);
    const drifting = noisy(0.02, 100).map((value, index) => value * 1.002 ** index);
    expect(detectable(drifting, 10)).toBeCloseTo(detectable(noisy(0.02, 100), 10) ?? NaN, 1);
  });

  it("is true: four of five comparisons with that difference see it", () => {
    const difference = 1 + (detectable(noisy(0.03, 2000), 10) ?? NaN) / 100;
    const seen = Array.from({ length: 200 }, (_, seed) => {
      const next = seededNoise(seed);
      const values = { a: repetitions(100, 0.03, next), b: repetitions(100 * difference, 0.03, next) };
      const [pair] = compareSchedulers({ ...common, values, named: ["throughput"], equivalence: 0.001 }).pairs;
      return pair?.verdict.kind === "better";
    }).filter(Boolean).length;
    expect(seen).toBeGreaterThan(140);
    expect(seen).toBeLessThan(185);
  });

  it.each([
    [[100, 101], 10],
    [[100, 101, 0], 10],
    [[100, 101, 102], 5],
  ])("of %j with %i repetitions is unknown", (values, count) => {
    expect(detectable(values, count)).toBeUndefined();
  });
});
