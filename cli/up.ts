import { logLine } from "../lib/log.ts";
import { agreeing, isUnattended } from "./consent/consent.ts";
import { goingAhead, planUnattended, RefusedError } from "./consent/unattended.ts";
import { explainingFailure } from "./diagnose/after-failure.ts";
import { startStopped } from "./recovery/restart.ts";
import { setWrongClocks } from "./recovery/wrong-clocks.ts";
import type { RecordedCommand } from "./runs/record.ts";
import { openRun, type Run, type RunEnd } from "./runs/run.ts";
import type { Session } from "./session.ts";
import { sharingSightings } from "./sightings.ts";
import { readOutputs, summary } from "./stack/outputs.ts";
import { refreshFromLibvirt } from "./stack/refresh.ts";
import { readState } from "./stack/state.ts";

/** How {@link up} records its run. */
export interface UpOptions {
  /** Command in the record. @default "up" */
  readonly command?: RecordedCommand;
  /** Folder of all records. @default the checkout's */
  readonly runs?: string;
}

/**
 * Creates or changes the cluster of a stack that is selected and recovered, on a machine that was checked. First starts what
 * has stopped and refreshes the state from libvirt; at the end prints how to reach the cluster. Explains a run that fails,
 * and records every run.
 *
 * Where nobody can confirm, a plan that deletes and replaces nothing that holds data goes ahead.
 * @param args Arguments for `pulumi up`.
 * @returns Pulumi's exit code; 130 after Ctrl-C during the refresh.
 * @throws {RefusedError} naming every loss of a plan that has one, where nobody can confirm it.
 */
export async function up(session: Session, args: readonly string[], options: UpOptions = {}): Promise<number> {
  const { command = "up", runs } = options;
  return sharingSightings(session, async (shared) => {
    if (!(await prepare(shared))) return 130;
    const run = await openRun(shared, { command, args }, runs);
    // The outcome of a run that throws.
    let end: RunEnd = { exitCode: 1 };
    try {
      const exitCode = await update(shared, run, command, args);
      end = { exitCode };
      return exitCode;
    } catch (error) {
      if (error instanceof RefusedError) end = { exitCode: 1, outcome: "declined", notes: [error.message] };
      throw error;
    } finally {
      await run.finish(end);
    }
  });
}

/** Starts what has stopped and refreshes the state. @returns whether to go on: false after Ctrl-C. */
async function prepare(session: Session): Promise<boolean> {
  const state = await readState(session);
  await startStopped(state);
  await setWrongClocks(state);
  return refreshFromLibvirt(session, { state });
}

/** Runs `pulumi up` and prints how to reach the cluster. */
async function update(session: Session, run: Run, command: RecordedCommand, args: readonly string[]): Promise<number> {
  const { stack } = session;
  const explaining = (work: () => Promise<number>) =>
    explainingFailure(session, work, async () => ({ folder: run.folder, log: await run.log() }));
  const agreed: string[] = [];
  if (isUnattended(args)) {
    let losses = "";
    const code = await explaining(async () => {
      const plan = await planUnattended(run, session, args);
      losses = plan.losses;
      return plan.code;
    });
    if (losses !== "") throw new RefusedError(losses, agreeing(command, stack, args));
    if (code !== 0) return code;
    logLine(
      "there is no terminal for a question; the plan deletes and replaces nothing that holds data, so it proceeds",
    );
    agreed.push(...goingAhead(args));
  }
  const code = await explaining(() => run.pulumi(["up", "--stack", stack, ...args, ...agreed]));
  if (code === 0) console.log(`\n${summary(await readOutputs(session), stack)}`);
  return code;
}
