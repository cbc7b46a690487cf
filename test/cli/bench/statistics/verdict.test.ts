import { describe, expect, it } from "vitest";
import type { MeasureKind } from "../../../../cli/bench/metrics/measures.ts";
import { moreRepetitions, resolution } from "../../../../cli/bench/statistics/repetitions.ts";
import { isSpeed, notComparable, verdict } from "../../../../cli/bench/statistics/verdict.ts";

const throughput: MeasureKind = { name: "throughput", title: "Throughput", unit: "pods/s", better: "higher" };
const latency: MeasureKind = { name: "p99", title: "Latency", unit: "ms", better: "lower" };
const balance: MeasureKind = { name: "balance", title: "Balance", unit: "", better: "higher" };
const skew: MeasureKind = { name: "nodes", title: "Nodes", unit: "", better: "neither" };

const clear = {
  kind: throughput,
  ratio: 1.227,
  interval: [1.214, 1.241],
  p: 0.002,
  repetitions: 10,
  equivalence: 0.03,
} as const;
const opposite = { ratio: 0.8, interval: [0.7899, 0.82] } as const;

describe("a clear difference", () => {
  it.each([
    [throughput, {}, "better", "faster by 22.7 % (21.4 to 24.1)"],
    [throughput, opposite, "worse", "slower by 20 % (18 to 21)"],
    [latency, {}, "worse", "higher by 22.7 % (21.4 to 24.1)"],
    [latency, opposite, "better", "lower by 20 % (18 to 21)"],
    [balance, {}, "better", "higher by 22.7 % (21.4 to 24.1)"],
    [balance, opposite, "worse", "lower by 20 % (18 to 21)"],
    [skew, {}, "different", "higher by 22.7 % (21.4 to 24.1)"],
    [skew, opposite, "different", "lower by 20 % (18 to 21)"],
  ] as const)("$name", (kind, change, wanted, text) => {
    expect(verdict({ ...clear, kind, ...change })).toEqual({ kind: wanted, text });
  });

  it("needs 6 repetitions, an interval without 1, and a p-value of at most 5 %", () => {
    expect(verdict({ ...clear, p: 0.05, repetitions: 6 }).kind).toBe("better");
    expect(verdict({ ...clear, repetitions: 5 }).kind).toBe("unclear");
    expect(verdict({ ...clear, p: 0.051 }).kind).toBe("unclear");
    expect(verdict({ ...clear, interval: [1, 1.4] }).kind).toBe("unclear");
  });

  it("counts as the same where the whole interval is inside the band", () => {
    const small = { ...clear, ratio: 1.02, interval: [1.01, 1.0299] } as const;
    expect(verdict(small)).toEqual({ kind: "same", text: "same within 3 %" });
    expect(verdict({ ...small, equivalence: 0.025 }).kind).toBe("better");
  });
});

describe("the same", () => {
  const same = { ...clear, ratio: 1, interval: [0.98, 1.02], p: 0.9 } as const;
  it("needs the whole interval inside the band, and 6 repetitions", () => {
    expect(verdict(same)).toEqual({ kind: "same", text: "same within 3 %" });
    expect(verdict({ ...same, interval: [0.97, 1.02] }).kind).toBe("unclear");
    expect(verdict({ ...same, interval: [0.98, 1.031] }).kind).toBe("unclear");
    expect(verdict({ ...same, repetitions: 5 }).kind).toBe("unclear");
    expect(verdict({ ...same, equivalence: 0, interval: [1, 1] }).kind).toBe("same");
  });
});

describe("no verdict", () => {
  const open = { ...clear, ratio: 1.01, interval: [0.96, 1.06], p: 0.5 } as const;

  it("names the interval, and the repetitions that it would take", () => {
    expect(verdict({ ...open, spread: 0.03, repetitions: 10 })).toEqual({
      kind: "unclear",
      text: `cannot tell: between -4 % and +6 %; ${moreRepetitions({ ratio: 1.01, spread: 0.03, blocks: 10, equivalence: 0.03, tests: 1 })} more repetitions would`,
    });
    expect(verdict({ ...open, spread: 0.001, repetitions: 10 }).text).toContain("; 1 more repetition would");
    expect(verdict({ ...open, spread: 9 }).text).toContain("; even 1000 more repetitions would not");
    expect(verdict(open).text).toBe("cannot tell: between -4 % and +6 %");
  });

  it("says that a few repetitions cannot tell, however even they are", () => {
    const few = { ...open, ratio: 0.1, interval: [0.1, 0.1], p: 0.25, repetitions: 4, spread: 0.001 } as const;
    expect(verdict(few).text).toBe("cannot tell below 6 repetitions: about -90 %; 2 more repetitions would");
    expect(verdict({ ...few, repetitions: 6 }).text).not.toContain("below");
  });

  it("gives 0 no sign", () => {
    expect(verdict({ ...open, interval: [0.99999, 1.055] }).text).toBe("cannot tell: between 0 % and +5.5 %");
  });

  it("gives the reason of the caller", () => {
    expect(notComparable("etcd was the limit")).toEqual({
      kind: "not comparable",
      text: "not comparable: etcd was the limit",
    });
  });

  it("knows speeds by their unit and direction", () => {
    expect([throughput, latency, balance, skew].map(isSpeed)).toEqual([true, false, false, false]);
  });
});

describe("the number of repetitions", () => {
  const asked = { ratio: 1, spread: 0.03, blocks: 10, equivalence: 0.03, tests: 1 };

  it("is the smallest that resolves the distance", () => {
    const more = moreRepetitions({ ...asked, spread: 0.08 }) ?? NaN;
    expect(more).toBeGreaterThan(1);
    expect(resolution(0.08, 10 + more)).toBeLessThanOrEqual(Math.log(1.03));
    expect(resolution(0.08, 10 + more - 1)).toBeGreaterThan(Math.log(1.03));
  });

  it("has the nearer goal: out of 1, or into the band", () => {
    const wide = { ...asked, spread: 0.1 };
    expect(moreRepetitions({ ...wide, ratio: 1.06 })).toBeLessThan(moreRepetitions({ ...wide, ratio: 1.02 }) ?? 0);
    // In the middle of the band both goals are as far.
    expect(moreRepetitions({ ...wide, ratio: 1.015 })).toBeGreaterThan(moreRepetitions({ ...wide, ratio: 1 }) ?? 0);
    expect(moreRepetitions({ ...wide, ratio: 1 / 1.06 })).toBe(moreRepetitions({ ...wide, ratio: 1.06 }));
  });

  it("is at least what the sign-flip test needs after Holm's correction", () => {
    expect(moreRepetitions({ ...asked, blocks: 1, spread: NaN })).toBe(5);
    expect(moreRepetitions({ ...asked, blocks: 2, spread: 0 })).toBe(4);
    // 2 / 2^10 * 20 is 3.9 %, 2 / 2^9 * 20 is 7.8 %.
    expect(moreRepetitions({ ...asked, blocks: 2, spread: 0, tests: 20 })).toBe(8);
    expect(moreRepetitions({ ...asked, blocks: 40, spread: 0, tests: 20 })).toBe(1);
  });

  it("is absent without a band and without a difference", () => {
    expect(moreRepetitions({ ...asked, equivalence: 0 })).toBeUndefined();
    expect(moreRepetitions({ ...asked, spread: 5 })).toBe(Infinity);
  });
});
