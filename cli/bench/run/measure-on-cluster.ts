import { Connection, type Identity, type Server } from "../../../lib/api-server.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { SchedulerSwitch } from "../contestants/scheduler-switch.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workload/operation.ts";
import { candidateNodes, createNodes, deleteNodes, nodesDigest } from "./bench-nodes.ts";
import { clean, deleteNamespaces } from "./clean-up.ts";
import { createGenerator, deleteGenerator } from "./generator-identity.ts";
import { measureSchedulers, slotsOf } from "./measure-schedulers.ts";
import type { Repetition } from "./repetition.ts";

/** A scenario with everything that its repetitions need. */
export interface PreparedScenario {
  readonly scenario: Scenario;
  readonly workload: Workload;
  readonly contestants: readonly Contestant[];
}

/** The simulation of nodes on a cluster, where only a benchmark needs it. */
export interface Simulation {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A cluster that schedulers are measured on. */
export interface BenchCluster {
  readonly server: Server;
  readonly administrator: Identity;
  readonly control: SchedulerSwitch;
  /** Range of the pod network that the simulated nodes share. */
  readonly podRange: string;
  /** @default the cluster simulates nodes already, or none is needed */
  readonly simulation?: Simulation | undefined;
}

/** Hooks of a measurement. */
export interface Observer {
  /** Keeps a repetition. */
  readonly onRepetition: (repetition: Repetition) => Promise<void>;
  /** Tells which step of the restoration failed. */
  readonly onUnrestored: (sentence: string) => void;
}

/**
 * Measures the schedulers of a scenario. In every ending the shipped scheduler runs again, and the benchmark's objects are deleted.
 * Objects of a killed benchmark are deleted at the beginning.
 * @throws the first failure, and the signal's reason.
 */
export async function measureOnCluster(
  prepared: PreparedScenario,
  cluster: BenchCluster,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  try {
    await measure(prepared, cluster, observer.onRepetition, signal);
  } finally {
    await restore(cluster, observer.onUnrestored);
  }
}

async function measure(
  { scenario, workload, contestants }: PreparedScenario,
  { server, administrator, control, podRange, simulation }: BenchCluster,
  onRepetition: Observer["onRepetition"],
  signal: AbortSignal,
): Promise<void> {
  await control.restore();
  for (const contestant of contestants) await control.provide(contestant);
  signal.throwIfAborted();
  using admin = new Connection(server, administrator);
  const token = await createGenerator(admin);
  using generator = new Connection(server, { token });
  await clean(generator, signal);
  const isReal = scenario.nodes.real === "only";
  const operations = workload.operations.filter((operation) => operation.opcode === "createNodes");
  let isConfined = false;
  if (!isReal) {
    await simulation?.start();
    isConfined = await createNodes(generator, operations, podRange, signal);
  }
  const nodes = await candidateNodes(generator, isReal);
  if (isReal && nodes.length === 0) {
    throw new Error(
      "the cluster has no Ready worker that accepts pods, expected at least one, because nodes.real is only. " +
        "Fix: look at the workers with npm run status, and add or repair one; or leave nodes.real out",
    );
  }
  const digest = nodesDigest(nodes);
  const conditions = { scenario, workload, server, token, control, isConfined, nodesDigest: digest, signal };
  await measureSchedulers(slotsOf(scenario, contestants), conditions, onRepetition);
}

/** Runs each step, also after a failed one. */
async function restore(
  { server, administrator, control, simulation }: BenchCluster,
  onUnrestored: (sentence: string) => void,
) {
  using admin = new Connection(server, administrator);
  const steps: Readonly<Record<string, () => Promise<void>>> = {
    "start the shipped scheduler": () => control.restore(),
    "delete the benchmark's pods": () => clean(admin),
    "delete the simulated nodes": () => deleteNodes(admin),
    ...(simulation && { "stop the simulation of nodes": () => simulation.stop() }),
    "delete the benchmark's namespaces": () => deleteNamespaces(admin),
    "delete the generator's identity": () => deleteGenerator(admin),
  };
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
    } catch (error) {
      onUnrestored(
        `could not ${name}: ${(error as Error).message}. Fix: run a benchmark again, which begins with these steps`,
      );
    }
  }
}
