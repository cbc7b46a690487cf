import { describe, expect, it } from "vitest";
import { dataItems } from "../../../../cli/bench/export/data-items.ts";
import { exampleData, exampleRepetition } from "./example-data.ts";

const decode = (text: string) =>
  JSON.parse(text) as { version: string; dataItems: { data: object; unit: string; labels: Record<string, string> }[] };

describe("dataitems.json", () => {
  it("has an item for each metric of every counted repetition, with upstream's labels", () => {
    const { version, dataItems: items } = decode(dataItems(exampleData()));
    expect(version).toBe("v1");
    expect(items).toHaveLength(12 * 3);
    expect(items[0]).toMatchObject({ data: { Average: 100 }, labels: { Metric: "throughput" } });
    expect(items[1]).toEqual({
      data: { Average: 95, Perc50: 90 },
      unit: "pods/s",
      labels: { Metric: "SchedulingThroughput", Name: "SchedulingBasic/500Nodes", scheduler: "base", repetition: "2" },
    });
    expect(items[2]).toMatchObject({ data: { Perc99: 1234.5678 }, unit: "ms", labels: { Metric: "latency" } });
  });

  it("leaves out warm-ups, void repetitions and absent measures", () => {
    const { dataItems: items } = decode(dataItems(exampleData()));
    const numbers = new Set(items.map(({ labels }) => labels["repetition"]));
    expect(numbers.has("1")).toBe(false);
    expect(numbers.has("14")).toBe(false);
    expect(items.filter(({ labels }) => labels["Metric"] === "nodesUsed")).toEqual([]);
  });

  it("has no item for a repetition without measures", () => {
    const { dataItems: items } = decode(
      dataItems(exampleData({ repetitions: [exampleRepetition({ pods: [], measures: {} })] })),
    );
    expect(items).toEqual([]);
  });
});
