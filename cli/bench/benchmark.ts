import { dirname } from "node:path";
import { sharedRange } from "../../addons/simulated-nodes.ts";
import { logLine } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";
import { holdStack } from "../recovery/hold-stack.ts";
import { readRecord } from "../runs/record.ts";
import { openRun, type Run } from "../runs/run.ts";
import type { OpenSession } from "../session.ts";
import { readOutputs } from "../stack/outputs.ts";
import { recordedInputs } from "./archive/inputs.ts";
import { administratorOf } from "./administrator.ts";
import { openControlPlane } from "./contestants/control-plane.ts";
import { openContestantControl } from "./contestants/open-control.ts";
import { placeNotes } from "./contestants/places.ts";
import { countedRepetitions, type BenchmarkData, type MeasuredRepetition } from "./export/benchmark-data.ts";
import { thresholdFailures } from "./export/thresholds.ts";
import { writeBenchmark, writeRepetition } from "./export/write-benchmark.ts";
import { measureKinds } from "./metrics/measure-kinds.ts";
import { describePlan } from "./plan.ts";
import { prepareScenario } from "./prepare-scenario.ts";
import { measureOnCluster, type BenchCluster, type PreparedScenario } from "./run/measure-on-cluster.ts";
import { measuredRepetition } from "./measured-repetition.ts";
import type { Repetition } from "./run/repetition.ts";
import { calibrated } from "./scenario/calibrate.ts";
import { readScenario } from "./scenario/read-scenario.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { resultText } from "./result-text.ts";
import { compareRepetitions } from "./statistics/compare-repetitions.ts";

/** Wishes of the user. */
export interface BenchmarkOptions {
  /** Path of the scenario. */
  readonly scenario: string;
  /** Texts such as `repetitions=5`. */
  readonly set: readonly string[];
  /** Whether the first scheduler is measured against itself. */
  readonly calibrate: boolean;
  /** Whether the plan is printed and nothing else happens. */
  readonly dryRun: boolean;
  /** Asks the user whether to start; true agrees. */
  readonly confirm: () => Promise<boolean>;
}

/** Milliseconds in which another command on the stack may end. A user who starts two by mistake learns it at once. */
const patience = 2_000;

/** Exit code of a program that Ctrl-C ended. */
const interruptedExit = 130;

/**
 * Benchmarks the schedulers of a scenario on a stack's cluster, and records the results in a folder of runs/.
 *
 * Everything wrong with the scenario is refused before the cluster is touched. Whatever happens, the shipped scheduler runs again
 * at the end, and the benchmark's objects are deleted.
 * @returns 0; 1 when a threshold is missed; 130 when the user interrupted it.
 */
export async function benchmark(open: () => Promise<OpenSession>, options: BenchmarkOptions): Promise<number> {
  const folder = dirname(options.scenario);
  const prepared: PreparedScenario[] = [];
  for (const written of readScenario(options.scenario, options.set)) {
    prepared.push(await prepareScenario(options.calibrate ? calibrated(written) : written, folder));
  }
  console.log(prepared.map(describePlan).join("\n\n"));
  if (options.dryRun) return 0;
  const session = await open();
  // Two benchmarks would end each other's scheduler, and a change of the cluster would be measured.
  const hold = await holdStack(session, { wait: patience, command: "bench" });
  try {
    return await benchmarkAll(session, prepared, options);
  } finally {
    hold.release();
  }
}

/** Benchmarks scenarios one after the other on a stack that this process holds. @returns the worst exit code. */
async function benchmarkAll(
  session: OpenSession,
  prepared: readonly PreparedScenario[],
  options: BenchmarkOptions,
): Promise<number> {
  const outputs = await readOutputs(session);
  if (prepared.some(({ scenario }) => scenario.nodes.real === "exclude")) requireKwok(outputs.simulatedNodes);
  if (!(await options.confirm())) return 1;

  const stop = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted)
      logLine("interrupted: the shipped scheduler is started again, and the cluster is cleaned");
    stop.abort(new Error("the benchmark was interrupted"));
  };
  const all = async () => {
    let worst = 0;
    for (const each of prepared) {
      worst = Math.max(worst, await benchmarkOne(session, each, options, stop.signal));
      if (stop.signal.aborted) break;
    }
    return worst;
  };
  return outlivingInterrupt(all, onSignal);
}

async function benchmarkOne(
  session: OpenSession,
  prepared: PreparedScenario,
  options: BenchmarkOptions,
  signal: AbortSignal,
): Promise<number> {
  const { scenario } = prepared;
  const args = [options.scenario, ...options.set.flatMap((text) => ["--set", text])];
  const run = await openRun(session, { command: "bench", args: options.calibrate ? [...args, "--calibrate"] : args });
  const processors = Number(session.settings().get("masterVcpus"));
  const repetitions: MeasuredRepetition[] = [];
  const notes: string[] = [];
  const onRepetition = async (repetition: Repetition) => {
    const measured = measuredRepetition(repetition, repetitions, prepared, processors);
    repetitions.push(measured);
    await writeRepetition(run.folder, measured);
  };
  const onUnrestored = (sentence: string) => {
    notes.push(sentence);
    logLine(sentence);
  };
  let failure: Error | undefined;
  try {
    await withCluster(session, scenario, (cluster) =>
      measureOnCluster(prepared, cluster, { onRepetition, onUnrestored }, signal),
    );
  } catch (error) {
    failure = error as Error;
    notes.push(failure.message);
  }
  notes.push(...placeNotes(prepared.contestants, scenario.compare.baseline, repetitions));
  const isComplete = failure === undefined;
  const data: BenchmarkData = {
    ...{ scenario, repetitions, kinds: measureKinds, notes },
    result: compareRepetitions(scenario, repetitions),
    surroundings: await surroundingsOf(run),
    ended: isComplete ? "complete" : "interrupted",
  };
  const failures = isComplete ? [...withoutResult(data), ...thresholdFailures(data)] : [];
  const exitCode = isComplete ? Math.min(failures.length, 1) : signal.aborted ? interruptedExit : 1;
  try {
    await writeBenchmark(run.folder, data, recordedInputs(prepared, versions.kubernetes));
    console.log(resultText(data));
    for (const each of failures) console.error(each);
  } finally {
    const outcome = isComplete ? "succeeded" : signal.aborted ? "interrupted" : "failed";
    await run.finish({ exitCode, outcome, notes: [...notes, ...failures] });
  }
  if (failure !== undefined && !signal.aborted) throw failure;
  return exitCode;
}

/** A benchmark whose repetitions are all void has no result, which a script must not take for a success. */
function withoutResult(data: BenchmarkData): readonly string[] {
  return countedRepetitions(data).length > 0
    ? []
    : ["no repetition counts. Fix: remove the reasons above, and run the benchmark again"];
}

/** Opens the cluster of a stack for the time of some work. */
async function withCluster(
  session: OpenSession,
  { repetitionMinutes }: Scenario,
  work: (cluster: BenchCluster) => Promise<void>,
): Promise<void> {
  const { stack, capture } = session;
  const kubeconfig = await capture(["stack", "output", "kubeconfig", "--show-secrets", "--stack", stack]);
  const { server, administrator } = administratorOf(kubeconfig);
  const shell = await openControlPlane(session);
  try {
    // A scheduler outlives its repetition by the time of a slow clean-up, and no longer.
    const limitSeconds = Math.ceil(repetitionMinutes * 60) + 120;
    await using control = await openContestantControl(shell, limitSeconds, { server, administrator });
    const podRange = sharedRange(session.settings().get("podCidr"));
    await work({ server, administrator, control: control.control, podRange });
  } finally {
    await shell.close();
  }
}

/** Only a stack with simulated nodes has kwok running. */
function requireKwok(simulated: Readonly<Record<string, number>> | undefined): void {
  if (Object.keys(simulated ?? {}).length > 0) return;
  throw new Error(
    "the cluster has no simulated node, so kwok does not run. " +
      "Fix: set simulatedNodes of the stack to one pool with a count of 1 (docs/benchmarking.md), and run npm run up",
  );
}

/** Facts of the cluster and of the machine, from the run's record. */
async function surroundingsOf(run: Run): Promise<Readonly<Record<string, string>>> {
  try {
    const { versions: found, hypervisor, machine, image, git, cluster } = await readRecord(run.folder);
    return {
      cluster,
      kubernetes: found.kubernetes ?? versions.kubernetes,
      nodeforge: `${found.nodeforge}${git === null ? "" : ` (${git.revision.slice(0, 12)}${git.dirty ? ", changed" : ""})`}`,
      virtualisation: hypervisor.domainType,
      processor: `${machine.processors} x ${machine.processor}`,
      memory: `${machine.memoryMiB} MiB`,
      kernel: machine.kernel,
      image: image.sha256 ?? "unknown",
    };
  } catch {
    // The record's errors are warnings of its own.
    return {};
  }
}
