import { readOutputs, summary } from "./cluster.ts";
import type { Session } from "./session.ts";
import { asksForHelp, type StackChoice } from "./stack.ts";
import { takeOver } from "./takeover.ts";

/**
 * Makes or changes the cluster of a stack that is selected, on a machine that was checked, after clearing away what a killed
 * run left; then says how to reach the cluster.
 * @param args Arguments for `pulumi up`.
 * @returns Pulumi's exit code.
 */
export async function bringUp(
  session: Session,
  { stack }: Pick<StackChoice, "stack">,
  args: readonly string[],
): Promise<number> {
  const up = () => session.pulumi(["up", "--stack", stack, ...args]);
  if (asksForHelp(args)) return up();
  await takeOver(session);
  const code = await up();
  if (code === 0) console.log(`\n${summary(await readOutputs(session), stack)}`);
  return code;
}
