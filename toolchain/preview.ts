import { compareWithLibvirt } from "./libvirt-refresh.ts";
import { say, type Log } from "./log.ts";
import type { Session } from "./session.ts";
import { asksForHelp, type StackChoice } from "./stack.ts";
import { wasKilled } from "./takeover.ts";

/**
 * Shows what `up` would change, after looking what libvirt still has as `up` does: the state learns of it, nothing else
 * changes. Who says himself with `--refresh` what is looked at, gets just that. What a killed run left stays as it is.
 * @param log Takes what is said beside Pulumi's own output, which is all that reaches the standard output.
 * @returns Pulumi's exit code.
 */
export async function preview(
  session: Session,
  { stack, rest }: Pick<StackChoice, "stack" | "rest">,
  log: Log = say,
): Promise<number> {
  if (!asksForHelp(rest)) {
    // Its lock would refuse the look, and `up` looks once it has taken over.
    if (await wasKilled(session)) log(`the last run on stack ${stack} was killed: \`npm run up\` first takes it over`);
    else if (!rest.some((argument) => /^(--refresh|-r)(=|$)/.test(argument))) await compareWithLibvirt(session, log);
  }
  return session.pulumi(["preview", "--stack", stack, ...rest]);
}
