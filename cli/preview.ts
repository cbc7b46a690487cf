import { refreshFromLibvirt } from "./stack/refresh.ts";
import { logLine, type Log } from "../lib/log.ts";
import { stateToRefresh } from "./recovery/recover.ts";
import { refuseUnmountedStorage } from "./recovery/unmounted-storage.ts";
import type { Session } from "./stack/session.ts";

/**
 * Previews the changes of `up`. First refreshes the state from libvirt, as `up` does, and changes nothing else. An explicit
 * `--refresh` option is passed through unchanged, without that refresh. An unfinished run is not recovered.
 * @param args Arguments for `pulumi preview`.
 * @param log Takes every line that is not Pulumi's, because only Pulumi's output may reach the standard output.
 * @returns Pulumi's exit code; 130 after Ctrl-C during the refresh.
 * @throws before the refresh, when the storage of the machines is not mounted.
 */
export async function preview(session: Session, args: readonly string[], log: Log = logLine): Promise<number> {
  const hasRefresh = args.some((argument) => /^(--refresh|-r)(=|$)/.test(argument));
  // A refresh would hide partial uploads, and fail on the lock of a killed run.
  const state = await stateToRefresh(session);
  if (state === undefined)
    log(`the last run on stack ${session.stack} did not finish; \`npm run up\` recovers it first`);
  else if (!hasRefresh) {
    await refuseUnmountedStorage(state);
    if (!(await refreshFromLibvirt(session, { log, state }))) return 130;
  }
  return session.pulumi(["preview", "--stack", session.stack, ...args]);
}
