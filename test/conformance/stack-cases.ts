import { kubectlWith, type Kubectl } from "../../cli/machines/readiness.ts";
import { runsFolder } from "../../cli/runs/folder.ts";
import type { RecordedSession } from "../../cli/runs/surroundings.ts";
import { writeKubeconfig } from "../../cli/stack/outputs.ts";
import { stateFolder } from "../../lib/checkout.ts";
import { logLine } from "../../lib/log.ts";
import { kubectl } from "../../tools/kubectl.ts";
import type { Junit } from "./junit.ts";
import { removeNamespaces, testNamespaces } from "./namespaces.ts";
import { withPrivateFolders } from "./private-folders.ts";
import { recordRun, type Cases } from "./recorded-run.ts";
import type { Report } from "./report.ts";
import { runSuite } from "./suite.ts";

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
  const runCases = (log: string) => testCluster(session, cases, log, folders.state, signal);
  return recordRun(session, cases, runCases, signal, folders.runs);
}

/** Runs cases, and deletes the namespaces that they leave. */
async function testCluster(
  session: RecordedSession,
  { selection: { chosen }, program }: Cases,
  log: string,
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
