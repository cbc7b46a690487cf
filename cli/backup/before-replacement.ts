import { logLine } from "../../lib/log.ts";
import { wasInitialized } from "../recovery/owner.ts";
import { stackOutputs, type StackState } from "../stack/state.ts";
import type { ControlPlaneLoss } from "./planned-loss.ts";
import { takeBackup, type BackupOptions, type BackupSession } from "./take-backup.ts";

/** Words for the plan, and for the rest that remains without a backup. */
const words: Readonly<Record<ControlPlaneLoss | "unknown", { readonly plan: string; readonly rest: string }>> = {
  machine: { plan: "the control plane's machine is replaced or deleted", rest: "Its data disk stays" },
  data: { plan: "the control plane's data disk is replaced or deleted", rest: "Its data is lost for ever" },
  unknown: { plan: "the plan is unknown and may replace the control plane", rest: "Its data disk is protected" },
};

/**
 * Takes a backup before a plan replaces or deletes the control plane's machine or data disk.
 *
 * A control plane that does not answer is often the reason of its replacement. So a backup that fails is a warning, and the run
 * goes on.
 * @param loss Loss of the plan; undefined for none, for which nothing is done.
 * @returns whether a backup was written.
 */
export async function backUpBeforeReplacement(
  session: BackupSession,
  state: StackState,
  loss: ControlPlaneLoss | "unknown" | undefined,
  options: BackupOptions = {},
): Promise<boolean> {
  const { log = logLine } = options;
  if (loss === undefined) return false;
  const { plan, rest } = words[loss];
  try {
    log(`${plan}, so a backup is taken first`);
    const { path } = await takeBackup(session, state, options);
    log(`backup: ${path}`);
    return true;
  } catch (error) {
    log(`warning: ${plan}, and no backup was possible: ${(error as Error).message}. ${rest}. The run goes on`);
    return false;
  }
}

/** Whether a state has a cluster that was initialized, so that there is data to back up. */
export function hasInitialized(state: StackState): boolean {
  // An interrupted replacement has no such step, but the outputs of an earlier update.
  return wasInitialized(state) || stackOutputs(state).nodes !== undefined;
}
