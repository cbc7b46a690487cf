import { isCalibration } from "../scenario/calibrate.ts";
import { detectable } from "../statistics/compare.ts";
import { countedRepetitions, type BenchmarkData } from "./benchmark-data.ts";

/**
 * Returns a sentence for each compared measure of a calibration: the difference that this cluster can show. There is none for a
 * measure that is not comparable or has fewer than 6 blocks, and none for another benchmark.
 */
export function calibrationSentences(data: BenchmarkData): readonly string[] {
  if (!isCalibration(data.scenario)) return [];
  const counted = countedRepetitions(data);
  return data.result.pairs.flatMap(({ measure, blocks, verdict }) => {
    if (verdict.kind === "not comparable") return [];
    // Both schedulers are the same one.
    const difference = detectable(
      counted.flatMap(({ measures }) => measures[measure] ?? []),
      blocks,
    );
    if (difference === undefined) return [];
    const percent = Number(difference.toPrecision(2));
    return [
      `${measure}: with ${blocks} repetitions here, a difference of ${percent} % can be seen in 4 of 5 benchmarks`,
    ];
  });
}
