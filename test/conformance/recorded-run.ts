import { join } from "node:path";
import { kubectlWith, type Kubectl } from "../../cli/machines/readiness.ts";
import { runsFolder } from "../../cli/runs/folder.ts";
import { openRun } from "../../cli/runs/run.ts";
import type { RecordedSession } from "../../cli/runs/surroundings.ts";
import { writeKubeconfig } from "../../cli/stack/outputs.ts";
import { stateFolder } from "../../lib/checkout.ts";
import { logLine } from "../../lib/log.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { versions } from "../../tools/versions.ts";
import type { Junit } from "./junit.ts";
import { removeNamespaces, testNamespaces } from "./namespaces.ts";
import { withPrivateFolders } from "./private-folders.ts";
import { exitCodeOf, reportJson, succeeded, summary, type Report } from "./report.ts";
import type { Selection } from "./requirements.ts";
import { runSuite } from "./suite.ts";

/** Cases to run. */
export interface Cases {
  readonly selection: Selection;
  /** Path of the program with the tests. */
  readonly program: string;
  /** The command's own arguments, for the record. */
  readonly args: readonly string[];
}

/** Names of the files in the folder of a run. */
const files = { results: "conformance.json", junit: "junit.xml", log: "conformance.log" } as const;

/**
 * Runs cases against the cluster of a session's stack, and records the run. Hold the stack.
 * @param signal Interrupts the run, whose results so far are recorded.
 * @param folders Folder of all runs, and the one for the kubeconfig during the run.
 */
export async function recordCases(
  session: RecordedSession,
  cases: Cases,
  signal: AbortSignal,
  folders = { runs: runsFolder, state: stateFolder },
): Promise<Report> {
  const run = await openRun(session, { command: "test:conformance", args: cases.args }, folders.runs);
  // The folder is missing where the record could not begin.
  ownFolder(run.folder);
  const began = Date.now();
  try {
    const { results, xml } = await testCluster(session, cases, run.folder, folders.state, signal);
    const seconds = (Date.now() - began) / 1000;
    const { leftOut } = cases.selection;
    const report = { kubernetes: versions.kubernetes, isInterrupted: signal.aborted, seconds, results, leftOut };
    await writeOwn(join(run.folder, files.junit), xml);
    await writeOwn(join(run.folder, files.results), reportJson(report));
    const outcome = report.isInterrupted ? "interrupted" : succeeded(report) ? "succeeded" : "failed";
    await run.finish({ exitCode: exitCodeOf(report), outcome, notes: [summary(report)] });
    return report;
  } catch (error) {
    const end = signal.aborted
      ? ({ exitCode: 130, outcome: "interrupted" } as const)
      : ({ exitCode: 1, outcome: "failed" } as const);
    await run.finish({ ...end, notes: [(error as Error).message] });
    throw error;
  }
}

/** Runs cases, and deletes the namespaces that they leave. */
async function testCluster(
  session: RecordedSession,
  { selection: { chosen }, program }: Cases,
  runFolder: string,
  stateFolder: string,
  signal: AbortSignal,
): Promise<Junit> {
  return withPrivateFolders(
    session.stack,
    async ({ access, temporary }) => {
      const kubeconfig = await writeKubeconfig(session, access);
      const ask = await kubectlWith(kubeconfig);
      const before = await testNamespaces(ask);
      if (before.length > 0) logLine(`namespaces of other end-to-end tests stay: ${before.join(", ")}`);
      try {
        const domain = session.settings().get("clusterDomain");
        const log = join(runFolder, files.log);
        const options = { program, chosen, kubeconfig, kubectl: await kubectl(), domain, log, signal };
        return await runSuite({ ...options, folder: temporary });
      } finally {
        await cleanUp(ask, before);
      }
    },
    stateFolder,
  );
}

/** Deletes the namespaces that the tests have left. A failure is a line, because the results count in any case. */
async function cleanUp(ask: Kubectl, before: readonly string[]): Promise<void> {
  const fix = "Fix: npm run kubectl -- delete namespace NAME";
  try {
    const left = await removeNamespaces(ask, before);
    if (left.length > 0) logLine(`namespaces of the tests that still exist: ${left.join(", ")}. ${fix}`);
  } catch (error) {
    logLine(`the namespaces of the tests may still exist: ${(error as Error).message}. ${fix}`);
  }
}
