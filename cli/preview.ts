import { compareWithLibvirt } from "./stack/refresh.ts";
import { logLine, type Log } from "../lib/log.ts";
import type { Session } from "./session.ts";
import { asksForHelp, type StackChoice } from "./stack/settings.ts";
import { needsRecovery } from "./recovery/recover.ts";

/**
 * Shows what `up` would change, after looking what libvirt still has as `up` does: the state learns of it, nothing else
 * changes. Who says himself with `--refresh` what is looked at, gets just that. What a run left unfinished stays as it is.
 * @param log Takes what is said beside Pulumi's own output, which is all that reaches the standard output.
 * @returns Pulumi's exit code; 130 after Ctrl-C during the look.
 */
export async function preview(
  session: Session,
  { stack, rest }: Pick<StackChoice, "stack" | "rest">,
  log: Log = logLine,
): Promise<number> {
  if (!asksForHelp(rest)) {
    const saysHimself = rest.some((argument) => /^(--refresh|-r)(=|$)/.test(argument));
    // `up` clears that away, and looks then.
    if (await needsRecovery(session))
      log(`the last run on stack ${stack} did not finish; \`npm run up\` recovers it first`);
    else if (!saysHimself && !(await compareWithLibvirt(session, log))) return 130;
  }
  return session.pulumi(["preview", "--stack", stack, ...rest]);
}
