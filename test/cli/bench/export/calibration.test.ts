import { describe, expect, test } from "vitest";
import { calibrationSentences } from "../../../../cli/bench/export/calibration.ts";
import { summary } from "../../../../cli/bench/export/summary.ts";
import { benchmarkPage } from "../../../../cli/bench/report/page.ts";
import { resultText } from "../../../../cli/bench/result-text.ts";
import { calibrated } from "../../../../cli/bench/scenario/calibrate.ts";
import { compareRepetitions } from "../../../../cli/bench/statistics/compare-repetitions.ts";
import { detectable } from "../../../../cli/bench/statistics/compare.ts";
import type { Limit } from "../../../../cli/bench/metrics/measures.ts";
import { seededNoise } from "../statistics/noise.ts";
import { exampleData, exampleRepetition } from "./example-data.ts";

/** Returns a calibration with a noise of 2 %, a warm-up and a void repetition, and the values that count. */
function calibration(blocks: number, by: Limit["by"] = "scheduler") {
  const next = seededNoise(1);
  const values = Array.from({ length: 2 * blocks }, () => 100 * Math.exp(0.02 * next()));
  const counted = values.map((throughput, index) => {
    const scheduler = index % 2 === 0 ? "base" : "base-again";
    const measures = { throughput, nodesUsed: 7 };
    return exampleRepetition({ block: 1 + Math.floor(index / 2), scheduler, measures, limit: { by, evidence: "" } });
  });
  const wild = { measures: { throughput: 9999 } };
  const repetitions = [
    exampleRepetition({ ...wild, warmup: true }),
    ...counted,
    exampleRepetition({ ...wild, block: 99, void: "the nodes differed" }),
  ];
  const given = exampleData();
  const compare = { ...given.scenario.compare, metrics: ["throughput"] };
  const scenario = calibrated({ ...given.scenario, compare });
  return { values, data: { ...given, scenario, repetitions, result: compareRepetitions(scenario, repetitions) } };
}

describe("a calibration", () => {
  test("ends with the difference that its counted repetitions show", async () => {
    const { values, data } = calibration(10);
    const [, percent = "", ...others] =
      /^throughput: with 10 repetitions here, a difference of ([\d.]+) % can be seen in 4 of 5 benchmarks$/.exec(
        resultText(data).split("\n").at(-1) ?? "",
      ) ?? [];
    expect(others).toEqual([]);
    expect(Number(percent)).toBeCloseTo(detectable(values, 10) ?? NaN, 1);
    expect(Number(percent)).toBeGreaterThan(1);
    expect(Number(percent)).toBeLessThan(6);
    expect(summary(data)).toContain(`\n- ${calibrationSentences(data)[0]}\n`);
    expect(await benchmarkPage(data, [])).toContain(`<p>${calibrationSentences(data)[0]}</p>`);
  });

  test.each([
    ["with fewer than 6 blocks", calibration(5).data],
    ["whose speed the workload limited", calibration(10, "workload").data],
    ["of two schedulers", { ...calibration(10).data, scenario: exampleData().scenario }],
  ])("%s shows no difference", (_name, data) => {
    expect(calibrationSentences(data)).toEqual([]);
    expect(resultText(data)).not.toContain("can be seen");
    expect(summary(data)).not.toContain("can be seen");
  });
});
