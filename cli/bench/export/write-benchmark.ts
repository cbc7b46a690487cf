import { mkdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { redact } from "../../../lib/redact.ts";
import { writeOwn } from "../../../lib/private-files.ts";
import { benchmarkPage } from "../report/page.ts";
import type { Repetition } from "../run/repetition.ts";
import { benchJson } from "./bench-json.ts";
import type { BenchmarkData, InputFile } from "./benchmark-data.ts";
import { benchstatText } from "./benchstat.ts";
import { dataItems } from "./data-items.ts";
import { junit } from "./junit.ts";
import { podsCsv } from "./pods-csv.ts";
import { repetitionFiles } from "./repetition-files.ts";
import { summary } from "./summary.ts";

/**
 * Writes the results of a benchmark into an existing folder, readable by their owner only; existing ones are replaced. The inputs
 * are written by {@link writeInputs}, and the raw files of a repetition by {@link writeRepetition}.
 * @param inputs Files that the page shows.
 * @throws if the name of a scheduler would leave its folder.
 */
export async function writeBenchmark(
  folder: string,
  data: BenchmarkData,
  inputs: readonly InputFile[] = [],
): Promise<void> {
  await writeResults(folder, data);
  await write(folder, "dataitems.json", dataItems(data));
  await write(folder, "benchstat.txt", benchstatText(data));
  await write(folder, "pods.csv.gz", await podsCsv(data));
  await write(folder, "junit.xml", junit(data));
  await write(folder, "summary.md", summary(data));
  // The page is last, because the plots need the most memory and a failure there must not cost the numbers.
  await write(folder, "bench.html", await benchmarkPage(data, inputs));
}

/**
 * Writes the files that a benchmark was read from. They are written before the first repetition.
 * @throws if the name of an input would leave its folder.
 */
export async function writeInputs(folder: string, inputs: readonly InputFile[]): Promise<void> {
  for (const { name, text } of inputs) await write(folder, inputPath(name), redact(text));
}

/** Writes `bench.json`, which is all that a list, a comparison and a repetition of the benchmark need beside its inputs. */
export async function writeResults(folder: string, data: BenchmarkData): Promise<void> {
  await write(folder, "bench.json", benchJson(data));
}

/**
 * Writes the raw files of one repetition: scrapes, journal, and everything else as JSON. A run that is interrupted later keeps
 * them.
 * @throws if the scheduler's name has a `/` or begins with a dot.
 */
export async function writeRepetition(folder: string, repetition: Repetition): Promise<void> {
  const files = repetitionFiles(repetition);
  for (const [index, { component, when, text }] of repetition.scrapes.entries()) {
    await write(folder, files.scrapes[index] ?? `metrics/${component}-${when}.prom.gz`, await compress(text));
  }
  await write(folder, files.journal, redact(repetition.journal));
  // Both have files of their own.
  const raw = { ...repetition, scrapes: undefined, journal: undefined };
  await write(folder, files.raw, await compress(JSON.stringify({ formatVersion: 1, ...raw })));
}

const compress = promisify<string, Buffer>(gzip);

/** @throws if the path is absolute or leads out of the folder. */
function inputPath(name: string): string {
  const path = posix.normalize(name);
  if (
    name === "" ||
    path === "." ||
    path.startsWith("../") ||
    path === ".." ||
    posix.isAbsolute(path) ||
    path.endsWith("/")
  ) {
    throw new Error(
      `Name of an input: wanted a file path inside the scenario's folder, got ${JSON.stringify(name)}. ` +
        "Fix: move the file into the scenario's folder",
    );
  }
  return join("inputs", path);
}

async function write(folder: string, name: string, content: string | Buffer): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeOwn(path, content);
}
