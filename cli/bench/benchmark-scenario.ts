import { sharedRange } from "../../addons/simulated-nodes.ts";
import { logLine } from "../../lib/log.ts";
import { versions } from "../../tools/versions.ts";
import { readRecord } from "../runs/record.ts";
import { openRun, type Run } from "../runs/run.ts";
import type { OpenSession } from "../session.ts";
import type { ClusterOutputs } from "../stack/outputs.ts";
import { administratorOf } from "./administrator.ts";
import { openControlPlane } from "./contestants/control-plane.ts";
import { openContestantControl } from "./contestants/open-control.ts";
import { countedRepetitions, type BenchmarkData } from "./export/benchmark-data.ts";
import { thresholdFailures } from "./export/thresholds.ts";
import { Recording } from "./recording.ts";
import { resultText } from "./result-text.ts";
import { measureOnCluster, type BenchCluster, type PreparedScenario } from "./run/measure-on-cluster.ts";
import type { Repetition } from "./run/repetition.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { hasKwok, simulationOn } from "./simulation.ts";

/** A stack and its cluster. */
interface StackCluster {
  readonly session: OpenSession;
  readonly outputs: ClusterOutputs;
}

/** Exit code of a program that Ctrl-C ended. */
const interruptedExit = 130;

/**
 * Benchmarks the schedulers of one scenario on the cluster of a stack that this process holds, in a recorded run. Each repetition
 * is recorded as soon as it ends, so that a kill keeps it.
 * @param args Arguments of the command, for the record.
 * @param signal Interrupts the benchmark. Its complete repetitions are recorded.
 * @returns 0; 1 when a threshold is missed or no repetition counts; 130 when it was interrupted.
 * @throws the failure of the benchmark, after its complete repetitions are recorded.
 */
export async function benchmarkScenario(
  stack: StackCluster,
  prepared: PreparedScenario,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { session } = stack;
  const { scenario } = prepared;
  const run = await openRun(session, { command: "bench", args });
  const processors = Number(session.settings().get("masterVcpus"));
  const recording = new Recording(run.folder, { prepared, processors, surroundings: await surroundingsOf(run) });
  const onRepetition = (repetition: Repetition) => recording.add(repetition);
  const onUnrestored = (sentence: string) => {
    recording.notes.push(sentence);
    logLine(sentence);
  };
  let failure: Error | undefined;
  try {
    await recording.begin();
    await withCluster(stack, scenario, (cluster) =>
      measureOnCluster(prepared, cluster, { onRepetition, onUnrestored }, signal),
    );
  } catch (error) {
    failure = error as Error;
    recording.notes.push(failure.message);
  }
  const isComplete = failure === undefined;
  const data = recording.data(isComplete ? "complete" : "interrupted");
  const failures = isComplete ? [...withoutResult(data), ...thresholdFailures(data)] : [];
  const exitCode = isComplete ? Math.min(failures.length, 1) : signal.aborted ? interruptedExit : 1;
  try {
    await recording.end(data);
    console.log(resultText(data));
    for (const each of failures) console.error(each);
  } finally {
    const outcome = isComplete ? "succeeded" : signal.aborted ? "interrupted" : "failed";
    await run.finish({ exitCode, outcome, notes: [...data.notes, ...failures] });
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
  { session, outputs }: StackCluster,
  { repetitionMinutes, nodes }: Scenario,
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
    const settings = session.settings();
    const podRange = sharedRange(settings.get("podCidr"));
    const simulation = hasKwok(outputs) || nodes.real === "only" ? undefined : simulationOn(shell, settings);
    await work({ server, administrator, control: control.control, podRange, simulation });
  } finally {
    await shell.close();
  }
}

/** Facts of the cluster and of the machine, from the run's record. */
async function surroundingsOf(run: Run): Promise<Readonly<Record<string, string>>> {
  try {
    const { versions: found, hypervisor, machine, image, git, cluster } = await readRecord(run.folder);
    return {
      cluster,
      kubernetes: found.kubernetes ?? versions.kubernetes,
      nodeforge: `${found.nodeforge}${git === null ? "" : ` (${git.revision.slice(0, 12)}${git.dirty ? ", changed" : ""})`}`,
      virtualisation: hypervisor?.domainType ?? "none",
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
