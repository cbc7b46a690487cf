import { logLine, type Log } from "../lib/log.ts";
import { hasInitialized } from "./backup/before-replacement.ts";
import { PlannedLoss, type ControlPlaneLoss } from "./backup/planned-loss.ts";
import { UpdateGate } from "./backup/update-gate.ts";
import { agreeingCommand, isUnattended } from "./consent/consent.ts";
import { optionsToProceed, planEvents, planUnattended, RefusedError } from "./consent/unattended.ts";
import { explainingFailure } from "./diagnose/after-failure.ts";
import { machinesOf } from "./machines/machine.ts";
import { refuseUnfinishedRevert } from "./machines/revert-mark.ts";
import { startStopped } from "./recovery/restart.ts";
import { refuseUnmountedStorage } from "./recovery/unmounted-storage.ts";
import { setWrongClocks } from "./recovery/wrong-clocks.ts";
import { EventStream } from "./engine-events/event-stream.ts";
import { readLiveNodes } from "./progress/live-nodes.ts";
import { explanationIn, hidesPlan } from "./progress/pulumi-output.ts";
import { UpdateView } from "./progress/update-view.ts";
import type { RecordedCommand } from "./runs/record.ts";
import { openRun, type Run, type RunEnd } from "./runs/run.ts";
import type { Session } from "./stack/session.ts";
import { sharingSightings } from "./sightings.ts";
import { readOutputs, summary } from "./stack/outputs.ts";
import { refreshFromLibvirt } from "./stack/refresh.ts";
import { readState, type StackState } from "./stack/state.ts";

/** Takes a backup before an update with this loss. */
export type BackUp = (loss: ControlPlaneLoss | "unknown", log: Log) => Promise<unknown>;

/** Options of {@link up}. */
export interface UpOptions {
  /** Command in the run's record. @default "up" */
  readonly command?: RecordedCommand;
  /** State of the stack, where the caller has read it. @default read here */
  readonly state?: StackState;
  /** Folder of all records. @default the checkout's */
  readonly runs?: string;
  /** Whether Pulumi's own display is used. @default false: one line for each node */
  readonly pulumiOutput?: boolean;
  /** Called before an update that replaces or deletes the machine or the data of an existing control plane. @default no backup */
  readonly backUp?: BackUp;
}

/**
 * Creates or changes the cluster of a stack that is selected and recovered, on a machine that was checked. First starts
 * stopped objects and refreshes the state from libvirt. Shows one line for each node. Explains a run that fails, records every
 * run, and after a complete one prints the nodes and how to reach the cluster.
 *
 * Without a terminal for a question, a plan proceeds if it deletes and replaces nothing that holds data.
 * @param args Arguments for `pulumi up`.
 * @returns Pulumi's exit code; 130 after Ctrl-C during the refresh.
 * @throws before any change, when the last revert did not finish, or the storage of the machines is not mounted.
 * @throws {RefusedError} naming every loss of the plan, without a terminal.
 */
export async function up(session: Session, args: readonly string[], options: UpOptions = {}): Promise<number> {
  const { command = "up", runs, pulumiOutput = false } = options;
  return sharingSightings(session, async (shared) => {
    const state = options.state ?? (await readState(shared));
    if (!(await prepare(shared, state))) return 130;
    // The first update has nothing to back up.
    const backUp = hasInitialized(state) ? options.backUp : undefined;
    const run = await openRun(shared, { command, args }, runs);
    // The result of a run that throws.
    let end: RunEnd = { exitCode: 1 };
    try {
      const exitCode = await update({ session: shared, run, command, args, pulumiOutput, backUp });
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

/** Starts stopped objects and refreshes the state. @returns false after Ctrl-C, so that the command ends. */
async function prepare(session: Session, state: StackState): Promise<boolean> {
  await refuseUnfinishedRevert(machinesOf(state));
  await startStopped(state);
  await setWrongClocks(state);
  // Every pool is active now, also one that is about to be found empty.
  await refuseUnmountedStorage(state);
  return refreshFromLibvirt(session, { state });
}

/** An update of a stack in a recorded run. */
interface Update {
  readonly session: Session;
  readonly run: Run;
  readonly command: RecordedCommand;
  /** Arguments for `pulumi up`. */
  readonly args: readonly string[];
  readonly pulumiOutput: boolean;
  readonly backUp: BackUp | undefined;
}

/** Runs `pulumi up`, without a terminal only after a check of its plan. @returns Pulumi's exit code. */
async function update(request: Update): Promise<number> {
  const { session, args } = request;
  const isChecked = isUnattended(args);
  const plan = isChecked ? await checkPlan(request) : { code: 0, options: [] };
  if (plan.code !== 0) return plan.code;
  // A checked plan loses no control plane.
  if (!isChecked && hidesPlan(args) && !args.includes("--preview-only")) await backUpUnseen(request);
  const up = ["up", "--stack", session.stack, ...args, ...plan.options];
  let totals: readonly string[] = [];
  const code = await explained(request, async () => {
    const shown = await show(request, up);
    totals = shown.totals;
    return shown.code;
  });
  if (code === 0) {
    const live = await readLiveNodes(session).catch((error: unknown) => ({ problem: problemOf(error) }));
    console.log(["", summary(await readOutputs(session), session.stack, live), ...totals].join("\n"));
  }
  return code;
}

/** Runs `pulumi up` with a line for each node. @returns Pulumi's exit code, and the times and changes as lines. */
async function show(request: Update, args: readonly string[]) {
  const { run, pulumiOutput, backUp } = request;
  const plan = new PlannedLoss();
  const isHeld = backUp !== undefined && !hidesPlan(args);
  await using view = pulumiOutput ? undefined : await UpdateView.open(args, { onEvent: plan.take });
  // A plan without events is an unknown one.
  await using events =
    isHeld && view === undefined
      ? await EventStream.open({ onEvent: plan.takeLine }).catch(() => undefined)
      : undefined;
  await using gate = isHeld
    ? await UpdateGate.open(async () => {
        if (plan.loss !== undefined) await backUp(plan.loss, view?.say ?? logLine);
      })
    : undefined;
  const source = view ?? events;
  const all = [...args, ...(source?.options ?? [])];
  const variables = { ...source?.variables, ...gate?.variables };
  const code = await run.pulumi(all, variables, view?.hidesPulumi);
  await view?.[Symbol.asyncDispose]();
  // The errors are in the output that the terminal did not show.
  if (code !== 0 && view?.hasShown) console.log(`\n${explanationIn(await run.log())}`);
  return { code, totals: view?.hasShown ? view.totals() : [] };
}

/** Plans an update whose own plan cannot be observed, and takes its backup. Shows no plan. */
async function backUpUnseen({ session, run, args, backUp }: Update): Promise<void> {
  if (backUp === undefined) return;
  logLine("planning first, because an `up` that replaces the control plane needs a backup; --no-backup skips this");
  const plan = new PlannedLoss();
  const { events } = await planEvents(run, session.stack, args, () => true);
  events.forEach(plan.takeLine);
  if (plan.loss !== undefined) await backUp(plan.loss, logLine);
}

/** The last line of an error, without its stack. */
function problemOf(error: unknown): string {
  return error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
}

/**
 * Plans an update that cannot ask for confirmation.
 * @returns Pulumi's exit code, and the options by which `pulumi up` applies the plan without a question.
 * @throws {RefusedError} naming every loss of the plan.
 */
async function checkPlan(request: Update): Promise<{ readonly code: number; readonly options: readonly string[] }> {
  const { session, run, command, args } = request;
  let losses = "";
  const code = await explained(request, async () => {
    const plan = await planUnattended(run, session, args);
    losses = plan.losses;
    return plan.code;
  });
  if (losses !== "") throw new RefusedError(losses, agreeingCommand(command, session.stack, args));
  if (code === 0)
    logLine(
      "there is no terminal for a question; the plan deletes and replaces nothing that holds data, so it proceeds",
    );
  return { code, options: optionsToProceed(args) };
}

/** Does work of a run, and explains a failure in the folder of its record. */
async function explained({ session, run }: Update, work: () => Promise<number>): Promise<number> {
  return explainingFailure(session, work, async () => ({ folder: run.folder, log: await run.log() }));
}
