import type { Limit, MeasureKind, Measures } from "../metrics/measures.ts";
import type { Repetition } from "../run/repetition.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { BenchResult } from "../statistics/result.ts";

/** A repetition with its measures and with the limit of its throughput. */
export type MeasuredRepetition = Repetition & { readonly measures: Measures; readonly limit: Limit };

/** Everything that the files and the page about a benchmark are made of. */
export interface BenchmarkData {
  readonly scenario: Scenario;
  /** In the order they ran, with warm-ups and void ones. */
  readonly repetitions: readonly MeasuredRepetition[];
  readonly kinds: readonly MeasureKind[];
  readonly result: BenchResult;
  /** Facts of the cluster and of the machine for the reader, e.g. kernel and image. */
  readonly surroundings: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  readonly ended: "complete" | "interrupted";
}

/** A file that the benchmark was read from: scenario, template, configuration. `name` may have folders. */
export interface InputFile {
  readonly name: string;
  readonly text: string;
}

/** Returns the repetitions that count: neither warm-ups nor void ones. */
export function countedRepetitions<T extends Pick<Repetition, "warmup" | "void">>({
  repetitions,
}: {
  readonly repetitions: readonly T[];
}): readonly T[] {
  return repetitions.filter((repetition) => !repetition.warmup && repetition.void === undefined);
}

/** Returns the workload's name for tables and file formats, e.g. `SchedulingBasic/500Nodes`. */
export function workloadName({ name, workload }: Scenario): string {
  return workload.from === "scheduler_perf" ? workload.name : name;
}
