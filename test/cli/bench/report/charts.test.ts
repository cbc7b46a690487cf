import { describe, expect, it } from "vitest";
import { cpuChart } from "../../../../cli/bench/report/cpu-chart.ts";
import { fillChart } from "../../../../cli/bench/report/fill-chart.ts";
import { forestChart } from "../../../../cli/bench/report/forest-chart.ts";
import { latencyChart } from "../../../../cli/bench/report/latency-chart.ts";
import { orderChart } from "../../../../cli/bench/report/order-chart.ts";
import { progressChart } from "../../../../cli/bench/report/progress-chart.ts";
import { exampleData, exampleRepetition } from "../export/example-data.ts";

type Row = Readonly<Record<string, unknown>>;

/** Returns the rows of a specification's data. */
function rowsOf(spec: object): readonly Row[] {
  return (spec as { data: { values: readonly Row[] } }).data.values;
}

describe("the plot of progress", () => {
  const rows = rowsOf(progressChart(exampleData()));

  it("has a line for each counted repetition and one for the median", () => {
    const lines = new Set(rows.filter(({ scheduler }) => scheduler === "mine").map(({ line }) => line));
    expect([...lines]).toEqual(["3", "5", "7", "9", "11", "13", "median"]);
  });

  it("counts all bound pods at the end, and leaves out a state that no pod reached", () => {
    const bound = rows.filter(({ series, line }) => series === "bound" && line === "median");
    expect(bound.at(-1)).toMatchObject({ pods: 3 });
    expect(bound[0]).toMatchObject({ pods: 0 });
    expect(rows.some(({ series }) => series === "running")).toBe(false);
  });

  it("shows no more than a tenth of the window before its start", () => {
    const first = Math.min(...rows.map(({ seconds }) => Number(seconds)));
    expect(first).toBeCloseTo(-0.121);
  });
});

describe("the plot of the order", () => {
  it("has warm-ups and void repetitions, marked as such", () => {
    const rows = rowsOf(orderChart(exampleData(), "throughput"));
    expect(rows.map(({ state }) => state)).toEqual(["warm-up", ...Array.from({ length: 12 }, () => "counts"), "void"]);
  });

  it("leaves out repetitions without the measure", () => {
    expect(rowsOf(orderChart(exampleData(), "makespan"))).toEqual([]);
  });
});

describe("the forest plot", () => {
  const layers = (data = exampleData()) => (forestChart(data) as { layer: readonly object[] }).layer;

  it("has the equivalence band and the interval of each pair", () => {
    const [band, , interval] = layers().map((layer) => rowsOf(layer)[0]);
    expect(band).toEqual({ from: 1 / 1.03, to: 1.03 });
    expect(interval).toMatchObject({ measure: "throughput", ratio: 1.227, low: 1.214, high: 1.241 });
  });

  it("leaves out a pair that is not comparable", () => {
    const data = exampleData();
    const verdict = { kind: "not comparable", text: "not comparable: etcd was the limit" } as const;
    const pairs = data.result.pairs.map((pair) => ({ ...pair, verdict }));
    expect(rowsOf(layers({ ...data, result: { ...data.result, pairs } })[3] ?? {})).toEqual([]);
  });

  it("leaves out a ratio that a logarithmic axis cannot show", () => {
    const data = exampleData();
    const pairs = data.result.pairs.map((pair) => ({ ...pair, interval: [0, 2] as const }));
    expect(rowsOf(layers({ ...data, result: { ...data.result, pairs } })[3] ?? {})).toEqual([]);
  });
});

describe("the plot of latency", () => {
  it("ends at the largest latency of all bound pods", () => {
    const rows = rowsOf(latencyChart(exampleData())).filter(({ scheduler }) => scheduler === "base");
    expect(rows).toHaveLength(6 * 3);
    expect(rows[0]).toEqual({ scheduler: "base", latency: 1000, share: 1 / 18 });
    expect(rows.at(-1)).toEqual({ scheduler: "base", latency: 2100, share: 1 });
  });

  it("moves a binding that was seen before the answer onto the axis", () => {
    const [pod] = exampleRepetition().pods;
    const early = exampleRepetition({ pods: pod === undefined ? [] : [{ ...pod, bound: 109 }] });
    expect(rowsOf(latencyChart(exampleData({ repetitions: [early] })))).toEqual([
      { scheduler: "base", latency: 0.1, share: 1 },
    ]);
  });
});

describe("the plot of fill", () => {
  it("has the dominant share of each node, the fullest first", () => {
    const rows = rowsOf(fillChart(exampleData())).filter(({ scheduler }) => scheduler === "mine");
    // Three pods of one core on a node with four cores.
    expect(rows).toEqual([
      { scheduler: "mine", node: 1, share: 0.75 },
      { scheduler: "mine", node: 2, share: 0 },
    ]);
  });

  it("leaves out deleted pods, and has those that are not measured", () => {
    const shareOf = (changes: Parameters<typeof exampleRepetition>[0]) =>
      rowsOf(fillChart(exampleData({ repetitions: [exampleRepetition(changes)] })))[0]?.["share"];
    const [first, ...rest] = exampleRepetition().pods;
    expect(shareOf({ pods: [{ ...first!, deleted: 3000 }, ...rest] })).toBe(0.5);
    expect(shareOf({ unmeasured: [{ ...first!, name: "other" }] })).toBe(1);
  });
});

describe("the plot of processors", () => {
  const one = (changes: Parameters<typeof exampleRepetition>[0]) =>
    rowsOf(cpuChart(exampleData({ repetitions: [exampleRepetition(changes)] })));

  it("has the used processors between two samples", () => {
    const rows = one({});
    expect(rows).toHaveLength(3 * 3);
    expect(rows[0]).toEqual({ repetition: 1, scheduler: "base", component: "kube-scheduler", seconds: 0, cores: 0.5 });
  });

  it("counts from 0 since the start of the window where the scheduler started within it", () => {
    const readings: readonly Readonly<Record<string, number>>[] = [{}, { "kube-scheduler": 1 }];
    const usage = readings.map((cpuSeconds, index) => ({
      at: 1000 * (2 * index - 1),
      cpuSeconds,
      memoryPeak: {},
      steal: 0,
    }));
    const rows = one({ usage, window: { start: -500, end: 1000 } });
    expect(rows).toEqual([
      { repetition: 1, scheduler: "base", component: "kube-scheduler", seconds: 1.5, cores: 0.667 },
    ]);
  });

  it("leaves out a counter that fell, and a component without samples", () => {
    const usage = [10, 1, 2].map((cpu, index) => ({
      at: 1000 * index,
      cpuSeconds: { etcd: cpu },
      memoryPeak: {},
      steal: 0,
    }));
    expect(one({ usage }).map(({ component, cores }) => [component, cores])).toEqual([["etcd", 1]]);
  });
});
