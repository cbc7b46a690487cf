import { Connection, type Server } from "../../../lib/api-server.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { Seen } from "../contestants/scheduler-control.ts";
import type { SchedulerSwitch } from "../contestants/scheduler-switch.ts";
import type { UsageSample } from "../metrics/usage.ts";
import { paceOf, type Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workload/operation.ts";
import { candidateNodes, nodesDigest, settledNodes } from "./bench-nodes.ts";
import { clean } from "./clean-up.ts";
import { perform } from "./perform.ts";
import { PodTracker } from "./pod-tracker.ts";
import type { BenchNode, Repetition } from "./repetition.ts";
import type { Stage } from "./stage.ts";
import { otherNodes, voidReason } from "./void-rules.ts";

/** A place in the order of repetitions. */
export interface Slot {
  readonly number: number;
  readonly block: number;
  readonly warmup: boolean;
  readonly contestant: Contestant;
}

/** Facts that all repetitions of a benchmark share. */
export interface Conditions {
  readonly scenario: Scenario;
  readonly workload: Workload;
  readonly server: Server;
  /** Bearer token of the generator. */
  readonly token: string;
  readonly control: SchedulerSwitch;
  readonly isConfined: Stage["isConfined"];
  /** Digest of the nodes at the start; a repetition on other nodes is void. */
  readonly nodesDigest: string;
  /** Ends the benchmark. */
  readonly signal: AbortSignal;
}

/**
 * Shortest time between two readings of the cgroups, in milliseconds. It is longer where the first reading took more than a tenth
 * of it. A reading of an emulated control plane takes its processors two seconds, which the scheduler needs.
 */
const usageInterval = 10_000;

/**
 * Runs one repetition: cleans the cluster, runs the workload on a scheduler with a cold cache, and reads the metrics.
 * A repetition that fails is void and keeps what it measured. On other nodes than at the start it is void without its workload.
 * @throws when the benchmark is interrupted.
 */
export async function runRepetition(slot: Slot, conditions: Conditions): Promise<Repetition> {
  const { scenario, workload, server, token, control, isConfined, signal: ending } = conditions;
  const began = performance.now();
  // A write waits behind no event of the watch on its own connection.
  using writer = new Connection(server, { token });
  using watcher = new Connection(server, { token });
  const isReal = scenario.nodes.real === "only";
  const limit = AbortSignal.timeout(scenario.repetitionMinutes * 60_000);
  const signal = AbortSignal.any([ending, limit]);

  await clean(writer, ending);
  const nodes = await settledNodes(writer, { real: isReal, digest: conditions.nodesDigest, signal: ending });
  const { number, block, warmup, contestant } = slot;
  const place = { number, block, scheduler: contestant.name, warmup, nodes };
  if (nodesDigest(nodes) !== conditions.nodesDigest) {
    const nothing = { window: { start: 0, end: 0 }, pods: [], unmeasured: [], scrapes: [], usage: [], journal: "" };
    return { ...place, ...nothing, void: otherNodes, seconds: (performance.now() - began) / 1000 };
  }
  const zero = performance.now();
  const clock = () => performance.now() - zero;
  const tracker = new PodTracker(clock);
  await tracker.follow(watcher);
  const seen: { before?: Seen; after?: Seen } = {};
  const usage: UsageSample[] = [];
  let window = { start: 0, end: 0 };
  let failure: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const sample = async () => void usage.push(...(await control.observe("between", clock)).usage);
    window = await perform(workload, {
      ...{ connection: writer, tracker, clock, isConfined, signal },
      ...{ arrival: scenario.arrival, nodes: scenario.nodes, seed: scenario.seed },
      ...(contestant.schedulerName === undefined ? {} : { schedulerName: contestant.schedulerName }),
      pause: () => control.pause(contestant),
      start: () => control.activate(contestant),
      onWindow: async (edge) => {
        clearInterval(timer);
        const begun = clock();
        const observation = await control.observe(edge, clock);
        usage.push(...observation.usage);
        seen[edge === "start" ? "before" : "after"] = observation;
        // A reading that fails leaves a gap, and no more.
        const interval = Math.max(usageInterval, 10 * (clock() - begun));
        if (edge === "start") timer = setInterval(() => void sample().catch(() => undefined), interval);
      },
    });
  } catch (error) {
    ending.throwIfAborted();
    failure = limit.aborted
      ? `it did not end within ${scenario.repetitionMinutes} min`
      : ((error as Error).message.split("\n")[0] ?? "it failed");
  } finally {
    clearInterval(timer);
    tracker.end();
  }
  // A reading may end after one that began later.
  usage.sort((one, other) => one.at - other.at);
  const journal = await control.journal().catch(() => "");
  const nodesAfter = await candidateNodes(writer, isReal).catch((): readonly BenchNode[] => []);
  const scrapes = (["before", "after"] as const).flatMap((when) =>
    (seen[when]?.scrapes ?? []).map((scrape) => ({ ...scrape, when })),
  );
  const pods = tracker.measured();
  const reason = voidReason({
    ...(failure === undefined ? {} : { failure }),
    expectedNodes: conditions.nodesDigest,
    nodes: [nodesDigest(nodes), nodesDigest(nodesAfter)],
    usage,
    ended: !control.ran,
    arrival: paceOf(scenario),
    pods,
  });
  return {
    ...place,
    ...(reason === undefined ? {} : { void: reason }),
    ...{ window, pods, unmeasured: tracker.unmeasured(), scrapes, usage, journal },
    seconds: (performance.now() - began) / 1000,
  };
}
