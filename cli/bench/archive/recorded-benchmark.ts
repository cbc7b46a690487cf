import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { ArchivedRun, ReadableRun } from "../../runs/archive.ts";
import { countedRepetitions } from "../export/benchmark-data.ts";
import type { MeasureKind, Measures } from "../metrics/measures.ts";
import type { PairResult } from "../statistics/result.ts";
import type { ScenarioDocument } from "./complete-document.ts";
import { contentsFile, inputsFolder, scenarioFile, type InputContents } from "./inputs.ts";

/** The part of `bench.json` that lists and comparisons need. */
export interface BenchFile {
  readonly name: string;
  readonly ended: "complete" | "interrupted";
  readonly kinds: readonly MeasureKind[];
  readonly repetitions: readonly {
    readonly scheduler: string;
    readonly warmup: boolean;
    readonly void?: string;
    readonly measures: Measures;
    /** SHA-256 of the nodes that took part. */
    readonly nodesDigest?: string;
  }[];
  readonly schedulers: readonly { readonly name: string; readonly limit: string }[];
  readonly pairs: readonly Pick<PairResult, "verdict">[];
}

/** A run of `npm run bench` with its results. */
export interface RecordedBenchmark {
  readonly run: ReadableRun;
  readonly bench: BenchFile;
  /** Its scenario with every default, and with paths below the folder of the inputs. */
  readonly scenario: ScenarioDocument;
  readonly contents: InputContents;
}

interface Versioned {
  readonly formatVersion: unknown;
}

/** Version of the formats that {@link readBenchmark} reads. */
const formatVersion = 1;

/**
 * Reads the results of a run.
 * @throws if the run is of another command, or its results are missing or have another format version.
 */
export async function readBenchmark(run: ReadableRun): Promise<RecordedBenchmark> {
  if (run.record.command !== "bench") {
    throw new Error(
      `run ${run.name}: expected a run of npm run bench, got one of npm run ${run.record.command}. ` +
        "Fix: choose one that `npm run bench -- list` shows",
    );
  }
  const read = async <T>(file: string, parseText: (text: string) => unknown): Promise<T> => {
    try {
      return parseText(await readFile(join(run.folder, file), "utf8")) as T;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "it has none" : (error as Error).message;
      throw new Error(
        `run ${run.name}: expected results with ${file}, but ${reason}. Fix: choose a run whose benchmark has ended`,
        { cause: error },
      );
    }
  };
  const bench = await read<Versioned & BenchFile>("bench.json", JSON.parse);
  const contents = await read<Versioned & InputContents>(join(inputsFolder, contentsFile), JSON.parse);
  for (const { formatVersion: found } of [bench, contents]) {
    if (found === formatVersion) continue;
    throw new Error(
      `run ${run.name}: expected results of format version ${formatVersion}, got ${JSON.stringify(found)}. ` +
        "Fix: use the version of nodeforge that recorded it",
    );
  }
  const scenario = await read<ScenarioDocument>(join(inputsFolder, scenarioFile), (text) => parse(text));
  return { run, bench, contents, scenario };
}

/** Returns the runs that have results, in the order of the list. */
export async function recordedBenchmarks(runs: readonly ArchivedRun[]): Promise<readonly RecordedBenchmark[]> {
  const found = runs.map(async ({ record, ...rest }) => {
    if (record instanceof Error || record.command !== "bench") return [];
    return readBenchmark({ ...rest, record }).then(
      (each) => [each],
      () => [],
    );
  });
  return (await Promise.all(found)).flat();
}

/** Returns the values of a measure in the counted repetitions of a scheduler. */
export function countedValues(bench: BenchFile, scheduler: string, measure: string): readonly number[] {
  return countedRepetitions(bench)
    .filter((repetition) => repetition.scheduler === scheduler)
    .flatMap(({ measures }) => measures[measure] ?? []);
}
