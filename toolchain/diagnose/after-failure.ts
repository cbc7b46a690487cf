import { diagnosisFolder, explainFailure, type FailedRun } from "./explain.ts";
import type { DiagnosedSession } from "./collect.ts";
import { readFailures } from "./failures.ts";

/** What the run leaves that is asked for once it failed; without it the folder is a new one and the log empty. */
export type RunRecord = () => FailedRun | Promise<FailedRun>;

/**
 * Does work that changes a cluster; when it fails, collects and prints why. An answer of no, Ctrl-C and a change that was
 * refused are no failures of the cluster, so nothing is collected then.
 * @returns The work's exit code.
 * @throws what the work throws, after it was explained.
 */
export async function explainingFailure(
  session: DiagnosedSession,
  work: () => Promise<number>,
  record: RunRecord = () => ({ folder: diagnosisFolder(session.stack), log: "" }),
): Promise<number> {
  // Pulumi's history counts in seconds.
  const began = Math.floor(Date.now() / 1000) * 1000;
  let interrupted = false;
  const interrupt = () => (interrupted = true);
  process.on("SIGINT", interrupt);
  let code = 1;
  try {
    code = await work();
    return code;
  } finally {
    process.off("SIGINT", interrupt);
    if (code !== 0 && !interrupted && !killed.has(code)) {
      const run = await record();
      if (await concernsCluster(session, run.log, began)) console.error(`\n${await explainFailure(session, run)}`);
    }
  }
}

/** Exit codes of a program that SIGINT or SIGTERM ended. */
const killed = new Set([130, 143]);

/** What Pulumi, or the program, says when nothing was wrong with the cluster; the program's refusals say all there is. */
const noFailure =
  /confirmation (declined|cancelled), not proceeding|The stack's configuration cannot be used; nothing was created|\berror: Nothing was created: |^error: (operation|update|\w+) cancel+ed\b/m;

/** What Pulumi (3.250) says of a change that would delete what is protected. */
const protectedFrom = /as it is currently marked for protection|because it is protected/;

/** Whether nothing failed but that Pulumi kept what is protected. */
function isRefused(log: string): boolean {
  const failures = readFailures(log, { nodes: [], ready: true });
  return failures.length > 0 && failures.every(({ text }) => protectedFrom.test(text));
}

/**
 * Whether a failed run is worth a diagnosis: by what it printed, else by whether Pulumi began to change anything. A run
 * that was refused or answered with no never gets into the history.
 */
export async function concernsCluster(
  { stack, ask }: Pick<DiagnosedSession, "stack" | "ask">,
  log: string,
  began: number,
): Promise<boolean> {
  if (log !== "") return !noFailure.test(log) && !isRefused(log);
  try {
    const text = await ask(["stack", "history", "--json", "--page-size", "1", "--stack", stack]);
    const [last] = JSON.parse(text) as { startTime?: string }[];
    return last?.startTime !== undefined && Date.parse(last.startTime) >= began;
  } catch {
    return false;
  }
}
