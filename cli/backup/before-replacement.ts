import { logLine } from "../../lib/log.ts";
import type { StackState } from "../stack/state.ts";
import { takeBackup, type BackupOptions, type BackupSession } from "./take-backup.ts";

/**
 * Takes a backup before a plan replaces the control plane's machine; does nothing for any other plan.
 *
 * A control plane that does not answer is often the reason of its replacement, and its data disk stays. So a backup that
 * fails is logged, and the run goes on.
 * @param replacesControlPlane Whether the plan replaces the machine of the control plane.
 * @returns whether a backup was written.
 */
export async function backUpBeforeReplacement(
  session: BackupSession,
  state: StackState,
  replacesControlPlane: boolean,
  options: BackupOptions = {},
): Promise<boolean> {
  const { log = logLine } = options;
  if (!replacesControlPlane) return false;
  try {
    log("the control plane is replaced, so a backup is taken first");
    const { path } = await takeBackup(session, state, options);
    log(`backup: ${path}`);
    return true;
  } catch (error) {
    log(
      `warning: no backup was taken before the control plane is replaced: ${(error as Error).message}. ` +
        "Its data disk stays",
    );
    return false;
  }
}
