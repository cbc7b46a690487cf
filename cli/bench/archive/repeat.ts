import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { versions } from "../../../tools/versions.ts";
import { listRuns, type ReadableRun } from "../../runs/archive.ts";
import { effectiveConfiguration } from "../../runs/configuration.ts";
import { readResult, withResult } from "../../runs/result.ts";
import { readSurroundings } from "../../runs/surroundings.ts";
import type { OpenSession } from "../../session.ts";
import { benchmark, type BenchmarkOptions } from "../benchmark.ts";
import { comparisonText, presentText } from "./comparison-text.ts";
import { prepareRepetition } from "./prepare-repetition.ts";
import { readBenchmark, recordedBenchmarks } from "./recorded-benchmark.ts";

/**
 * Repeats a recorded benchmark from its record alone. Prints before it what differs from the record, and after it a comparison
 * with the recorded results.
 * @returns the exit code of the benchmark.
 * @throws if the record is not enough, or something that it names has changed.
 */
export async function repeatBenchmark(
  run: ReadableRun,
  open: () => Promise<OpenSession>,
  confirm: BenchmarkOptions["confirm"],
): Promise<number> {
  const recorded = await readBenchmark(run);
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-repeat-"));
  try {
    const scenario = await prepareRepetition(recorded, folder, versions.kubernetes);
    const openAndTell = async () => {
      const session = await open();
      console.log(await presentDifferences(run, session));
      return session;
    };
    const code = await benchmark(openAndTell, { scenario, set: [], calibrate: false, dryRun: false, confirm });
    // Its folder has a random name, so no other run has this argument.
    const runs = (await listRuns()).filter(
      ({ record }) => !(record instanceof Error) && record.arguments[0] === scenario,
    );
    const [repetition] = await recordedBenchmarks(runs);
    if (repetition !== undefined) console.log(`\n${comparisonText(recorded, repetition)}`);
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function presentDifferences({ name, record }: ReadableRun, session: OpenSession): Promise<string> {
  const present = await readSurroundings(session);
  return presentText(name, record, {
    ...present,
    ...withResult(present, await readResult(session)),
    stack: session.stack,
    configuration: effectiveConfiguration(session.settings()),
  });
}
