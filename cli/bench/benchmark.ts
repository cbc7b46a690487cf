import { dirname } from "node:path";
import { logLine } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { holdStack } from "../recovery/hold-stack.ts";
import type { OpenSession } from "../session.ts";
import { readOutputs } from "../stack/outputs.ts";
import { benchmarkScenario } from "./benchmark-scenario.ts";
import { describePlan } from "./plan.ts";
import { prepareScenario } from "./prepare-scenario.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import { calibrated } from "./scenario/calibrate.ts";
import { readScenario } from "./scenario/read-scenario.ts";
import { refuseFullPodNetwork } from "./simulation.ts";

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
  const hasSimulated = prepared.some(({ scenario }) => scenario.nodes.real === "exclude");
  if (hasSimulated) refuseFullPodNetwork(outputs, session.settings());
  if (!(await options.confirm())) return 1;

  const stop = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted)
      logLine("interrupted: the shipped scheduler is started again, and the cluster is cleaned");
    stop.abort(new Error("the benchmark was interrupted"));
  };
  const set = options.set.flatMap((text) => ["--set", text]);
  const args = [options.scenario, ...set, ...(options.calibrate ? ["--calibrate"] : [])];
  const all = async () => {
    let worst = 0;
    for (const each of prepared) {
      worst = Math.max(worst, await benchmarkScenario({ session, outputs }, each, args, stop.signal));
      if (stop.signal.aborted) break;
    }
    return worst;
  };
  return outlivingInterrupt(all, onSignal);
}
