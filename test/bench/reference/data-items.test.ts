import { describe, expect, it } from "vitest";
import { parseDataItems } from "../../../bench/reference/data-items.ts";

const workload = "SchedulingBasic/500Nodes";

const item = (metric: string, name: string, average?: number) => ({
  data: average === undefined ? {} : { Average: average, Perc99: 1_000 },
  unit: "pods/s",
  labels: { Metric: metric, Name: name },
});

const file = (...dataItems: readonly object[]) => JSON.stringify({ version: "v1", dataItems });

describe("throughput in scheduler_perf's data items", () => {
  it("is the average of the one workload", () => {
    const text = file(
      item("SchedulingThroughput", `BenchmarkPerfScheduling/${workload}/namespace-2`, 117),
      item("SchedulingThroughput", "SchedulingBasic/500Nodes_QueueingHintsEnabled/namespace-2", 90),
      item("scheduler_scheduling_attempt_duration_seconds", `${workload}/namespace-2`, 5),
    );
    expect(parseDataItems([file(), text], workload)).toBe(117);
  });

  it("is that of a name without a namespace", () => {
    expect(parseDataItems([file(item("SchedulingThroughput", workload, 12.5))], workload)).toBe(12.5);
  });

  it.each([
    ["0 throughputs", []],
    ["0 throughputs", [file()]],
    ["0 throughputs", [file(item("SchedulingThroughput", workload))]],
    ["1 throughputs", [file(item("SchedulingThroughput", workload, 0))]],
    [
      "2 throughputs",
      [file(item("SchedulingThroughput", workload, 1)), file(item("SchedulingThroughput", workload, 2))],
    ],
  ])("refuses %s", (message, texts) => {
    expect(() => parseDataItems(texts, workload)).toThrow(message);
  });
});
