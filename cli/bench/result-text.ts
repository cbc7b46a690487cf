import { columns } from "../../lib/table.ts";
import { countedRepetitions, type BenchmarkData } from "./export/benchmark-data.ts";
import { calibrationSentences } from "./export/calibration.ts";

/** Describes the results for the terminal: a line for each scheduler, and a sentence for each comparison. A calibration ends with what it can show. */
export function resultText(data: BenchmarkData): string {
  const { result, repetitions, scenario, ended, notes } = data;
  const counted = countedRepetitions(data);
  const rows = result.schedulers.map(({ name, measures, limit }) => {
    const throughput = measures.throughput;
    const interval = throughput?.interval?.map((edge) => edge.toFixed(1)).join(" to ");
    return [
      name,
      String(counted.filter(({ scheduler }) => scheduler === name).length),
      throughput === undefined ? "-" : throughput.median.toFixed(1),
      interval ?? "-",
      limit,
    ];
  });
  const voided = repetitions.filter((repetition) => repetition.void !== undefined);
  return [
    ...(ended === "interrupted" ? ["The benchmark ended early. It has what was measured until then."] : []),
    columns([["SCHEDULER", "COUNTED", "PODS/S", "95 % INTERVAL", "LIMITED BY"], ...rows]),
    "",
    ...result.pairs.map(({ scheduler, baseline, measure, verdict }) => {
      return `${measure}: ${scheduler} against ${baseline}: ${verdict.text}`;
    }),
    ...voided.map(({ number, scheduler, void: reason }) => `void: repetition ${number}, ${scheduler}: ${reason}`),
    // The notes of an interrupted benchmark tell its failure, which the command prints itself.
    ...(ended === "complete" ? notes : []),
    ...(result.pairs.length === 0 && scenario.schedulers.length > 1
      ? ["nothing to compare: no block has a counted repetition of two schedulers"]
      : []),
    ...calibrationSentences(data),
  ].join("\n");
}
