import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { ArchivedRun, ReadableRun } from "../../runs/archive.ts";
import { anyObject, checkShape, list, mapOf, object, reasonOf, text, type Shape } from "../../../lib/outside.ts";
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

/** The fields that the commands read. The version is read first, because another one may have other fields. */
const versionedShape = object({ formatVersion: {} });
const benchShape = object({
  name: text,
  ended: text,
  kinds: list(object({ name: text })),
  repetitions: list(object({ scheduler: text, measures: mapOf({}) })),
  schedulers: list(object({ name: text, limit: text })),
  pairs: list(anyObject),
});
const contentsShape = object({ name: text, kubernetes: text, files: mapOf(text) });
const scenarioShape = object({
  schedulers: list(object({ name: text }, { binary: text, sha256: text })),
  workload: {
    ...object({ from: text }, { file: text }),
    if: { properties: { from: { const: "scheduler_perf" } } },
    then: { required: ["file"] },
  },
});

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
  const read = async <T>(file: string, parseText: (text: string) => unknown, shape: Shape): Promise<T> => {
    try {
      const value = parseText(await readFile(join(run.folder, file), "utf8"));
      return checkShape<T>(value, { name: file, fix: "use an unchanged record" }, shape);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "it has none" : reasonOf(error);
      throw new Error(
        `run ${run.name}: expected results with ${file}, but ${reason}. Fix: choose a run whose benchmark has ended`,
        { cause: error },
      );
    }
  };
  const bench = await read<Versioned & BenchFile>("bench.json", JSON.parse, versionedShape);
  const contents = await read<Versioned & InputContents>(join(inputsFolder, contentsFile), JSON.parse, versionedShape);
  for (const { formatVersion: found } of [bench, contents]) {
    if (found === formatVersion) continue;
    throw new Error(
      `run ${run.name}: expected results of format version ${formatVersion}, got ${JSON.stringify(found)}. ` +
        "Fix: use the version of nodeforge that recorded it",
    );
  }
  const source = { name: `run ${run.name}`, fix: "use an unchanged record" };
  checkShape(bench, source, benchShape);
  checkShape(contents, source, contentsShape);
  const scenario = await read<ScenarioDocument>(join(inputsFolder, scenarioFile), (yaml) => parse(yaml), scenarioShape);
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
