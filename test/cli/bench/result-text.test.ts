import { describe, expect, test } from "vitest";
import { resultText } from "../../../cli/bench/result-text.ts";
import { exampleData } from "./export/example-data.ts";

describe("the text of results", () => {
  test("has a line for each scheduler, a sentence for each comparison, the void repetitions and the notes", () => {
    expect(resultText(exampleData()).split("\n")).toEqual([
      "SCHEDULER   COUNTED   PODS/S   95 % INTERVAL   LIMITED BY",
      "base        6         100.0    98.0 to 103.0   scheduler",
      "mine        6         1250.4   -               scheduler",
      "",
      "throughput: mine against base: faster by 22.7 % (21.4 to 24.1)",
      "void: repetition 14, base: the scheduler restarted",
      "The machine was busy.",
    ]);
  });

  test("says that a benchmark ended early, and what it lacks, and leaves its notes to the command", () => {
    const data = exampleData();
    const schedulers = [{ name: "base", measures: {}, limit: "unknown" }];
    const text = resultText({ ...data, ended: "interrupted", repetitions: [], result: { schedulers, pairs: [] } });
    expect(text.split("\n")).toEqual([
      "The benchmark ended early. It has what was measured until then.",
      "SCHEDULER   COUNTED   PODS/S   95 % INTERVAL   LIMITED BY",
      "base        0         -        -               unknown",
      "",
      "nothing to compare: no block has a counted repetition of two schedulers",
    ]);
  });

  test("of one scheduler compares nothing, and does not say so", () => {
    const data = exampleData();
    const [only] = data.result.schedulers;
    const scenario = { ...data.scenario, schedulers: [{ name: "base" }] };
    const text = resultText({ ...data, scenario, repetitions: [], result: { schedulers: [only!], pairs: [] } });
    expect(text).not.toContain("nothing to compare");
    expect(text).not.toContain("void:");
    expect(text).not.toContain("ended early");
  });
});
