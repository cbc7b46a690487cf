import { versions } from "../../tools/versions.ts";
import { recordedInputs } from "./archive/inputs.ts";
import { placeNotes } from "./contestants/places.ts";
import {
  countedRepetitions,
  type BenchmarkData,
  type InputFile,
  type MeasuredRepetition,
} from "./export/benchmark-data.ts";
import { writeBenchmark, writeInputs, writeRepetition, writeResults } from "./export/write-benchmark.ts";
import { measuredRepetition } from "./measured-repetition.ts";
import { endedWatchNotes } from "./metrics/ended-watches.ts";
import { measureKinds } from "./metrics/measure-kinds.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import type { Repetition } from "./run/repetition.ts";
import { compareRepetitions, summarizeRepetitions } from "./statistics/compare-repetitions.ts";

/** Facts that a benchmark has before its first repetition. */
interface Beginning {
  readonly prepared: PreparedScenario;
  /** Processors of the control plane. */
  readonly processors: number;
  readonly surroundings: BenchmarkData["surroundings"];
}

/**
 * The files of a benchmark in the folder of its run. The inputs and `bench.json` are there before the first repetition, and
 * each repetition adds its own. So a benchmark that is killed leaves what it measured, marked as interrupted.
 */
export class Recording {
  /** Sentences for the reader, beside those about the repetitions. */
  readonly notes: string[] = [];
  readonly #folder: string;
  readonly #beginning: Beginning;
  readonly #inputs: readonly InputFile[];
  readonly #repetitions: MeasuredRepetition[] = [];

  /** @param folder Folder of the run. */
  constructor(folder: string, beginning: Beginning) {
    this.#folder = folder;
    this.#beginning = beginning;
    this.#inputs = recordedInputs(beginning.prepared, versions.kubernetes);
  }

  /** Writes the inputs, and results that have no repetition. */
  async begin(): Promise<void> {
    await writeInputs(this.#folder, this.#inputs);
    await this.#save();
  }

  /** Writes the files of a repetition, and the results with it. */
  async add(repetition: Repetition): Promise<void> {
    const { prepared, processors } = this.#beginning;
    const measured = measuredRepetition(repetition, this.#repetitions, prepared, processors);
    this.#repetitions.push(measured);
    await writeRepetition(this.#folder, measured);
    await this.#save();
  }

  /** Returns everything that was measured, and compares the schedulers. */
  data(ended: BenchmarkData["ended"]): BenchmarkData {
    return this.#data(ended, compareRepetitions);
  }

  /** Writes the final results in every format. */
  async end(data: BenchmarkData): Promise<void> {
    await writeBenchmark(this.#folder, data, this.#inputs);
  }

  /** Only the end compares: with a hundred repetitions that takes a second, in which the next one could run. */
  async #save(): Promise<void> {
    await writeResults(this.#folder, this.#data("interrupted", summarizeRepetitions));
  }

  #data(ended: BenchmarkData["ended"], resultOf: typeof compareRepetitions): BenchmarkData {
    const { prepared, surroundings } = this.#beginning;
    const { scenario, contestants } = prepared;
    const repetitions = [...this.#repetitions];
    return {
      ...{ scenario, repetitions, kinds: measureKinds, surroundings, ended },
      notes: [
        ...this.notes,
        ...placeNotes(contestants, scenario.compare.baseline, repetitions),
        ...endedWatchNotes(countedRepetitions({ repetitions })),
      ],
      result: resultOf(scenario, repetitions),
    };
  }
}
