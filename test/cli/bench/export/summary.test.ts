import { describe, expect, it } from "vitest";
import { summary } from "../../../../cli/bench/export/summary.ts";
import { exampleData, exampleRepetition } from "./example-data.ts";

describe("summary.md", () => {
  it("has the verdict, the medians, the limits and the void repetitions", () => {
    const text = summary(exampleData());
    expect(text).toContain("## basic: SchedulingBasic/500Nodes\n");
    expect(text).toContain("Counted repetitions: 12. Void: 1.");
    expect(text).toContain(
      "- **mine** against base, throughput: faster by 22.7 % (21.4 to 24.1); ratio 1.227 (1.214 to 1.241), p 0.03, 6 blocks\n",
    );
    const pairs = exampleData().result.pairs.map((pair) => ({ ...pair, ratio: NaN }));
    const without = summary(exampleData({ result: { ...exampleData().result, pairs } }));
    expect(without).toContain("throughput: faster by 22.7 % (21.4 to 24.1)\n");
    expect(text).toContain("| measure | base | mine |\n| --- | ---: | ---: |\n");
    expect(text).toContain("| throughput (pods/s) | 100 (98 to 103) | 1250 |\n");
    expect(text).toContain("- mine: scheduler\n");
    expect(text).toContain("- 14 (base): the scheduler restarted\n");
  });

  it("has no section without content, and no row for a measure without a value", () => {
    const text = summary(exampleData({ repetitions: [exampleRepetition()], notes: [] }));
    expect(text).not.toContain("Void repetitions");
    expect(text).not.toContain("Violated thresholds");
    expect(text).not.toContain("interrupted");
    expect(text).not.toContain("nodes used");
  });

  it("says that the benchmark was interrupted", () => {
    expect(summary(exampleData({ ended: "interrupted" }))).toContain("**The benchmark was interrupted.**");
  });

  it("escapes markup from outside", () => {
    const text = summary(
      exampleData({ notes: ["<img src=x> [a](b) |"], repetitions: [exampleRepetition({ void: "| @all" })] }),
    );
    expect(text).toContain("\\<img src=x\\> \\[a\\](b) \\|");
    expect(text).toContain("- 1 (base): \\| \\@all");
  });
});
