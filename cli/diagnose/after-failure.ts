import { outlivingInterrupt } from "../../lib/process.ts";
import { diagnosisFolder } from "../runs/folder.ts";
import { explainFailure, type FailedRun } from "./explain.ts";
import type { DiagnosedSession } from "./collect.ts";
import { readFailures } from "./failures.ts";

/** Returns the folder and the output of a run. Called once, after the run has failed. */
export type FailedRunSource = () => FailedRun | Promise<FailedRun>;

/**
 * Runs work that changes a cluster. When the work fails, diagnoses the cluster and prints the cause. A declined confirmation,
 * Ctrl-C and a refused change are not failures of the cluster, so they are not diagnosed.
 * @param record Source of the failed run. @default a new folder and an empty log
 * @param concerns Whether a failed run is worth a diagnosis, by its output and its start.
 * @returns Exit code of the work.
 * @throws the work's error, after the diagnosis.
 */
export async function explainingFailure(
  session: DiagnosedSession,
  work: () => Promise<number>,
  record: FailedRunSource = () => ({ folder: diagnosisFolder(session.stack), log: "" }),
  concerns: typeof concernsCluster = concernsCluster,
): Promise<number> {
  // Pulumi's history has whole seconds.
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

/** Exit codes of a program that was ended by SIGHUP, SIGINT or SIGTERM. */
const killed = new Set([129, 130, 143]);

/** Messages of Pulumi or the program for usage errors and refusals, which need no diagnosis. */
const noFailure = [
  /confirmation (declined|cancelled), not proceeding/,
  /^error: (operation|update|\w+) cancel+ed\b/m,
  /^error: unknown (shorthand )?flag: /m,
  /^error: .* must be passed in to proceed\b/m,
  /The stack's configuration cannot be used; nothing was created/,
  /\berror: Nothing was (created|changed): /,
];

/** Failures in Pulumi's diagnostics, without those that only the state shows. */
const failedResources = (log: string) => readFailures(log, { nodes: [], ready: true });

/** Messages of Pulumi (3.250) for a change that would delete a protected resource. */
const protectedFrom = /as it is currently marked for protection|because it is protected/;

/** Whether the only failures are that Pulumi kept protected resources. */
function isRefused(log: string): boolean {
  const failures = failedResources(log);
  return failures.length > 0 && failures.every(({ text }) => protectedFrom.test(text));
}

/**
 * Whether a failed run is worth a diagnosis: judged by its output, or without any by whether Pulumi began a change. A run that
 * was refused or declined is never in Pulumi's history.
 */
export async function concernsCluster(
  { stack, capture }: Pick<DiagnosedSession, "stack" | "capture">,
  log: string,
  began: number,
): Promise<boolean> {
  // The screen of a terminal without output is an empty line.
  if (log.trim() !== "") return !noFailure.some((words) => words.test(log)) && !isRefused(log);
  try {
    const text = await capture(["stack", "history", "--json", "--page-size", "1", "--stack", stack]);
    const [last] = JSON.parse(text) as { startTime?: string }[];
    return last?.startTime !== undefined && Date.parse(last.startTime) >= began;
  } catch {
    return false;
  }
}

/** As {@link concernsCluster}, but only when a resource failed: an error before a `destroy` begins explains itself. */
export const concernsResource: typeof concernsCluster = async (session, log, began) =>
  failedResources(log).length > 0 && concernsCluster(session, log, began);
