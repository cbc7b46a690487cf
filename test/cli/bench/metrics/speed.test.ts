import { describe, expect, it } from "vitest";
import { bindLatencies, startupLatencies } from "../../../../cli/bench/metrics/latency.ts";
import { percentileOf } from "../../../../cli/bench/metrics/percentile.ts";
import { cpuSecondsIn } from "../../../../cli/bench/metrics/processor-time.ts";
import {
  makespanOf,
  sampledThroughputOf,
  throughputOf,
  throughputSamples,
} from "../../../../cli/bench/metrics/throughput.ts";
import { boundAt, pod } from "./repetitions.ts";

describe("throughputOf", () => {
  it("divides the intervals by the time between first and last bind", () => {
    expect(throughputOf(boundAt(3000, 1000, 2000))).toBe(1);
    expect(throughputOf([...boundAt(1000, 1500), pod("unbound")])).toBe(2);
  });

  it("is undefined for fewer than two binds and for one time", () => {
    expect(throughputOf([])).toBeUndefined();
    expect(throughputOf(boundAt(1000))).toBeUndefined();
    expect(throughputOf(boundAt(1000, 1000))).toBeUndefined();
  });
});

describe("throughputSamples", () => {
  it("throws the first count away", () => {
    // At 1 s: 2 pods. At 2 s: 3 more. At 3 s: 1 more.
    const pods = boundAt(100, 900, 1100, 1200, 2000, 2500);
    expect(throughputSamples(pods, { start: 0, end: 3000 })).toEqual([3, 1]);
  });

  it("merges intervals without a new pod and counts them several times", () => {
    // First count at 2 s, nothing at 3 s and 4 s, six pods at 5 s, none after it.
    const pods = boundAt(1500, 4100, 4200, 4300, 4400, 4500, 4600);
    expect(throughputSamples(pods, { start: 0, end: 9000 })).toEqual([2, 2, 2]);
  });

  it("begins at the window's start", () => {
    expect(throughputSamples(boundAt(500, 900, 1200), { start: 500, end: 3000 })).toEqual([]);
    expect(throughputSamples(boundAt(500, 900, 1600), { start: 500, end: 3000 })).toEqual([1]);
  });

  it("has none in a window of one second or without binds", () => {
    expect(throughputSamples(boundAt(100, 200), { start: 0, end: 1999 })).toEqual([]);
    expect(throughputSamples([pod("a")], { start: 0, end: 9000 })).toEqual([]);
  });

  it("gives average and percentiles by nearest rank", () => {
    expect(sampledThroughputOf([4, 1, 3, 2])).toEqual({ average: 2.5, p50: 2, p90: 4, p95: 4, p99: 4 });
    expect(sampledThroughputOf([])).toBeUndefined();
  });
});

describe("makespanOf", () => {
  const window = { start: 1000, end: 9000 };

  it("runs from the first creation to the last bind", () => {
    const first = pod("a", { created: 2000, acknowledged: 2010, bound: 3000 });
    expect(makespanOf([pod("b", { created: 4000, acknowledged: 4010, bound: 6000 }), first], window)).toBe(4);
    expect(makespanOf([pod("b", { created: 4000, acknowledged: 4010, bound: 6000 }), pod("c"), first], window)).toBe(5);
  });

  it("runs from the last acknowledgement for a backlog", () => {
    const pods = [pod("a", { acknowledged: 2000, bound: 6000 }), pod("b", { acknowledged: 3000, bound: 5000 })];
    expect(makespanOf(pods, window)).toBe(3);
  });

  it("is undefined without a bind", () => {
    expect(makespanOf([pod("a")], window)).toBeUndefined();
  });
});

describe("latencies", () => {
  it("runs from the acknowledgement to the bind, not below 0", () => {
    const pods = [pod("a", { acknowledged: 5, bound: 12 }), pod("b", { acknowledged: 5, bound: 3 }), pod("c")];
    expect(bindLatencies(pods)).toEqual([7, 0]);
  });

  it("runs from the bind to Running", () => {
    const pods = [pod("a", { bound: 12, running: 500 }), pod("b", { bound: 3 }), pod("c", { running: 4 })];
    expect(startupLatencies(pods)).toEqual([488]);
  });

  it("has percentiles by nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([50, 90, 99, 100].map((percent) => percentileOf(values, percent))).toEqual([50, 90, 99, 100]);
    expect(percentileOf([7], 50)).toBe(7);
    expect(percentileOf([], 50)).toBeUndefined();
  });
});

describe("cpuSecondsIn", () => {
  const sample = (at: number, seconds: number) => ({ at, cpuSeconds: { etcd: seconds }, memoryPeak: {}, steal: 0 });

  it("subtracts the samples next to the window", () => {
    const samples = [sample(4000, 18), sample(0, 10), sample(900, 11), sample(2000, 12), sample(3100, 16)];
    expect(cpuSecondsIn(samples, "etcd", { start: 1000, end: 3000 })).toBe(5);
    expect(cpuSecondsIn(samples, "etcd", { start: 0, end: 4000 })).toBe(8);
  });

  it("counts a program that did not run at the start from 0", () => {
    const paused = { at: 0, cpuSeconds: {}, memoryPeak: {}, steal: 0 };
    expect(cpuSecondsIn([paused, sample(4000, 3)], "etcd", { start: 0, end: 4000 })).toBe(3);
    expect(cpuSecondsIn([sample(0, 3), { ...paused, at: 4000 }], "etcd", { start: 0, end: 4000 })).toBeUndefined();
  });

  it("scales a covered part to the window", () => {
    expect(cpuSecondsIn([sample(0, 0), sample(3000, 3)], "etcd", { start: 0, end: 4000 })).toBe(4);
  });

  it("is undefined with too few samples, after a restart, and for another component", () => {
    expect(cpuSecondsIn([sample(0, 0), sample(1000, 3)], "etcd", { start: 0, end: 4000 })).toBeUndefined();
    expect(cpuSecondsIn([sample(0, 5), sample(4000, 3)], "etcd", { start: 0, end: 4000 })).toBeUndefined();
    expect(cpuSecondsIn([sample(0, 0), sample(4000, 3)], "kubelet", { start: 0, end: 4000 })).toBeUndefined();
    expect(cpuSecondsIn([], "etcd", { start: 0, end: 4000 })).toBeUndefined();
  });
});
