import { describe, expect, it } from "vitest";
import { benchstatText } from "../../../../cli/bench/export/benchstat.ts";
import { exampleData, exampleRepetition } from "./example-data.ts";

const results = (text: string) => text.split("\n").filter((line) => line.startsWith("Benchmark"));

describe("benchstat.txt", () => {
  it("has one line for each counted repetition", () => {
    const lines = results(benchstatText(exampleData()));
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe(
      "BenchmarkPerfScheduling/SchedulingBasic/500Nodes/scheduler=base 1 " +
        "100 throughput/Average 95 SchedulingThroughput/Average 90 SchedulingThroughput/Perc50 1234.57 latency/Perc99",
    );
  });

  it("names the better direction of each measure that has one and occurs", () => {
    const text = benchstatText(exampleData());
    expect(text).toContain("Unit SchedulingThroughput/Average better=higher\n");
    expect(text).toContain("Unit latency/Perc99 better=lower\n");
    expect(text).not.toContain("nodesUsed");
    expect(text.match(/^Unit /gm)).toHaveLength(4);
  });

  it("keeps a number at the end of a scheduler's name from counting as GOMAXPROCS", () => {
    const [line] = results(benchstatText(exampleData({ repetitions: [exampleRepetition({ scheduler: "mine-8" })] })));
    expect(line).toContain("/scheduler=mine-8-1 1 ");
  });

  it("has no line for a repetition without a value", () => {
    const empty = exampleRepetition({ pods: [], measures: { throughput: NaN } });
    expect(results(benchstatText(exampleData({ repetitions: [empty] })))).toEqual([]);
  });
});
