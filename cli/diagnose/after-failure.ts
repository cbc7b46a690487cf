import { outlivingInterrupt } from "../../lib/process.ts";
import { diagnosisFolder } from "../runs/folder.ts";
import { explainFailure, type FailedRun } from "./explain.ts";
import type { DiagnosedSession } from "./collect.ts";
import { readFailures } from "./failures.ts";

/** What the run leaves that is asked for once it failed; without it the folder is a new one and the log empty. */
export type FailedRunSource = () => FailedRun | Promise<FailedRun>;

/**
 * Does work that changes a cluster; when it fails, collects and prints why. An answer of no, Ctrl-C and a change that was
 * refused are no failures of the cluster, so nothing is collected then.
 * @param concerns Whether what a failed run printed, and when it began, make it worth that.
 * @returns The work's exit code.
 * @throws what the work throws, after it was explained.
 */
export async function explainingFailure(
  session: DiagnosedSession,
  work: () => Promise<number>,
  record: FailedRunSource = () => ({ folder: diagnosisFolder(session.stack), log: "" }),
  concerns: typeof concernsCluster = concernsCluster,
): Promise<number> {
  // Pulumi's history counts in seconds.
  const began = Math.floor(Date.now() / 1000) * 1000;
  let interrupted = false;
  let code = 1;
  try {
    code = await outlivingInterrupt(work, () => (interrupted = true));
    return code;
  } finally {
    if (code !== 0 && !interrupted && !killed.has(code)) {
      const run = await record();
      if (await concerns(session, run.log, began)) console.error(`\n${await explainFailure(session, run)}`);
    }
  }
}

/** Exit codes of a program that SIGHUP, SIGINT or SIGTERM ended. */
const killed = new Set([129, 130, 143]);

/** What Pulumi, or the program, says when nothing was wrong with the cluster: usage errors and refusals say all there is. */
const noFailure = [
  /confirmation (declined|cancelled), not proceeding/,
  /^error: (operation|update|\w+) cancel+ed\b/m,
  /^error: unknown (shorthand )?flag: /m,
  /^error: .* must be passed in to proceed\b/m,
  /The stack's configuration cannot be used; nothing was created/,
  /\berror: Nothing was (created|changed): /,
];

/** What Pulumi's diagnostics name; the state is not asked. */
const failedResources = (log: string) => readFailures(log, { nodes: [], ready: true });

/** What Pulumi (3.250) says of a change that would delete what is protected. */
const protectedFrom = /as it is currently marked for protection|because it is protected/;

/** Whether nothing failed but that Pulumi kept what is protected. */
function isRefused(log: string): boolean {
  const failures = failedResources(log);
  return failures.length > 0 && failures.every(({ text }) => protectedFrom.test(text));
}

/**
 * Whether a failed run is worth a diagnosis: by what it printed, else by whether Pulumi began to change anything. A run
 * that was refused or answered with no never gets into the history.
 */
export async function concernsCluster(
  { stack, capture }: Pick<DiagnosedSession, "stack" | "capture">,
  log: string,
  began: number,
): Promise<boolean> {
  // A terminal's screen on which nothing was drawn is a line without text.
  if (log.trim() !== "") return !noFailure.some((words) => words.test(log)) && !isRefused(log);
  try {
    const text = await capture(["stack", "history", "--json", "--page-size", "1", "--stack", stack]);
    const [last] = JSON.parse(text) as { startTime?: string }[];
    return last?.startTime !== undefined && Date.parse(last.startTime) >= began;
  } catch {
    return false;
  }
}

/** As {@link concernsCluster}, and only where a resource failed: what keeps a `destroy` from beginning says all there is. */
export const concernsResource: typeof concernsCluster = async (session, log, began) =>
  failedResources(log).length > 0 && concernsCluster(session, log, began);
