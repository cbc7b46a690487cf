import { readOutputs, summary } from "./cluster.ts";
import { explainingFailure } from "./diagnose/after-failure.ts";
import { compareWithLibvirt } from "./libvirt-refresh.ts";
import { openRun } from "./runs/run.ts";
import type { RecordedCommand } from "./runs/record.ts";
import type { Session } from "./session.ts";
import { setGoing } from "./set-going.ts";
import { asksForHelp, type StackChoice } from "./stack.ts";
import { readState } from "./stack-state.ts";
import { setWrongClocks } from "./wrong-clocks.ts";

/**
 * Makes or changes the cluster of a stack that is selected and taken over, on a machine that was checked, after setting
 * going what stands still and looking what libvirt still has; then says how to reach the cluster. A run that fails is
 * explained, and each leaves a record.
 * @param args Arguments for `pulumi up`.
 * @param command What the record calls it.
 * @returns Pulumi's exit code; 130 after Ctrl-C during the look.
 */
export async function bringUp(
  session: Session,
  { stack }: Pick<StackChoice, "stack">,
  args: readonly string[],
  command: RecordedCommand = "up",
): Promise<number> {
  const up = ["up", "--stack", stack, ...args];
  if (asksForHelp(args)) return session.pulumi(up);
  const state = await readState(session);
  await setGoing(state);
  await setWrongClocks(state);
  if (!(await compareWithLibvirt(session))) return 130;
  const run = await openRun(session, { command, args });
  // What throws below makes the command fail.
  let exitCode = 1;
  try {
    const work = () => run.pulumi(up);
    const code = await explainingFailure(session, work, async () => ({ folder: run.folder, log: await run.log() }));
    if (code === 0) console.log(`\n${summary(await readOutputs(session), stack)}`);
    exitCode = code;
  } finally {
    await run.finish({ exitCode });
  }
  return exitCode;
}
