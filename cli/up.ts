import { readOutputs, summary } from "./stack/outputs.ts";
import { agreeing, isUnattended } from "./consent/consent.ts";
import { explainingFailure } from "./diagnose/after-failure.ts";
import { compareWithLibvirt } from "./stack/refresh.ts";
import { logLine } from "../lib/log.ts";
import { openRun, type RunEnd } from "./runs/run.ts";
import type { RecordedCommand } from "./runs/record.ts";
import type { Session } from "./session.ts";
import { startStopped } from "./recovery/restart.ts";
import { sharingSightings } from "./sightings.ts";
import { asksForHelp, type StackChoice } from "./stack/settings.ts";
import { readState } from "./stack/state.ts";
import { goingAhead, planUnattended, RefusedError } from "./consent/unattended.ts";
import { setWrongClocks } from "./recovery/wrong-clocks.ts";

/**
 * Creates or changes the cluster of a stack that is selected and recovered, on a machine that was checked. First starts what
 * has stopped and refreshes the state from libvirt; at the end prints how to reach the cluster. Explains a run that fails,
 * and records every run.
 *
 * Where nobody can be asked, a plan that deletes and replaces nothing that can be lost goes ahead.
 * @param args Arguments for `pulumi up`.
 * @param command What the record calls it.
 * @param runs Folder of all records; a test brings its own.
 * @returns Pulumi's exit code; 130 after Ctrl-C during the look.
 * @throws {RefusedError} naming what would be lost, where nobody can be asked.
 */
export async function bringUp(
  session: Session,
  { stack }: Pick<StackChoice, "stack">,
  args: readonly string[],
  command: RecordedCommand = "up",
  runs?: string,
): Promise<number> {
  const up = ["up", "--stack", stack, ...args];
  if (asksForHelp(args)) return session.pulumi(up);
  return sharingSightings(session, (shared) => bringUpOnce(shared, up, { stack, args, command, runs }));
}

/** What {@link bringUp} is asked for. */
interface Request {
  readonly stack: string;
  readonly args: readonly string[];
  readonly command: RecordedCommand;
  readonly runs: string | undefined;
}

async function bringUpOnce(session: Session, up: string[], { stack, args, command, runs }: Request): Promise<number> {
  const state = await readState(session);
  await startStopped(state);
  await setWrongClocks(state);
  if (!(await compareWithLibvirt(session))) return 130;
  const run = await openRun(session, { command, args }, runs);
  const record = async () => ({ folder: run.folder, log: await run.log() });
  // What throws below makes the command fail.
  let end: RunEnd = { exitCode: 1 };
  try {
    let code = 0;
    if (isUnattended(args)) {
      let losses = "";
      code = await explainingFailure(
        session,
        async () => {
          const plan = await planUnattended(run, session, args);
          losses = plan.losses;
          return plan.code;
        },
        record,
      );
      if (losses !== "") {
        const refusal = new RefusedError(losses, agreeing(command, stack, args));
        end = { exitCode: 1, outcome: "declined", notes: [refusal.message] };
        throw refusal;
      }
      if (code === 0)
        logLine("nobody can be asked without a terminal; the plan deletes and replaces nothing that can be lost");
      up.push(...goingAhead(args));
    }
    if (code === 0) code = await explainingFailure(session, () => run.pulumi(up), record);
    if (code === 0) console.log(`\n${summary(await readOutputs(session), stack)}`);
    end = { exitCode: code };
  } finally {
    await run.finish(end);
  }
  return end.exitCode;
}
