import { join } from "node:path";
import { runsFolder } from "../../cli/runs/folder.ts";
import { openRun } from "../../cli/runs/run.ts";
import type { RecordedSession } from "../../cli/runs/surroundings.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { versions } from "../../tools/versions.ts";
import { readJunit, type Junit } from "./junit.ts";
import { exitCodeOf, reportJson, succeeded, summary, type Report } from "./report.ts";
import type { Selection } from "./requirements.ts";

/** Cases to run. */
export interface Cases {
  readonly selection: Selection;
  /** Path of the program with the tests. */
  readonly program: string;
  /** The command's own arguments, for the record. */
  readonly args: readonly string[];
}

/** Runs the chosen cases. It gets the path for their log. */
export type CaseRunner = (log: string) => Promise<Junit>;

/** Names of the files in the folder of a run. */
const files = { results: "conformance.json", junit: "junit.xml", log: "conformance.log" } as const;

/**
 * Runs cases in a recorded run, whose folder gets their results.
 * @param signal Interrupts the run, whose results so far are recorded.
 * @param root Folder of all runs.
 */
export async function recordRun(
  session: RecordedSession,
  { selection: { chosen, leftOut }, args }: Cases,
  runCases: CaseRunner,
  signal: AbortSignal,
  root = runsFolder,
): Promise<Report> {
  const run = await openRun(session, { command: "test:conformance", args, log: files.log }, root);
  // The folder is missing where the record could not begin.
  ownFolder(run.folder);
  const began = Date.now();
  try {
    const { results, xml } = await runCases(join(run.folder, files.log)).catch((error: unknown) => {
      // Ctrl-C may end a step before the first case.
      if (signal.aborted) return readJunit("<testsuites/>", chosen);
      throw error;
    });
    const seconds = (Date.now() - began) / 1000;
    const report = { kubernetes: versions.kubernetes, isInterrupted: signal.aborted, seconds, results, leftOut };
    await writeOwn(join(run.folder, files.junit), xml);
    await writeOwn(join(run.folder, files.results), reportJson(report));
    const outcome = report.isInterrupted ? "interrupted" : succeeded(report) ? "succeeded" : "failed";
    await run.finish({ exitCode: exitCodeOf(report), outcome, notes: [summary(report)] });
    return report;
  } catch (error) {
    await run.finish({ exitCode: 1, outcome: "failed", notes: [(error as Error).message] });
    throw error;
  }
}
