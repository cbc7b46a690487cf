import type { UsageSample } from "../metrics/usage.ts";
import type { Pace } from "../scenario/scenario.ts";
import type { PodTimes } from "./repetition.ts";

/** Share of the processors' time that the hypervisor may take from the control plane. Above it, the host is measured. */
const mostSteal = 0.1;

/** Share of the wanted rate that the generator must keep. */
const leastRate = 0.95;

/** Reason of a repetition on other nodes than those of the others. */
export const otherNodes = "the nodes differed from those at the start of the benchmark";

/** Facts that the rules read. */
export interface Evidence {
  /** Reason why the workload did not end. */
  readonly failure?: string;
  readonly expectedNodes: string;
  /** Digests of the nodes before and after. */
  readonly nodes: readonly string[];
  readonly usage: readonly UsageSample[];
  /** Whether the scheduler's process ended before the workload. */
  readonly ended: boolean;
  /** A trace has no rate to keep. */
  readonly arrival: Pace;
  readonly pods: readonly PodTimes[];
}

/**
 * Returns the reason why a repetition is void; undefined where it counts. The rules are fixed before the benchmark, so that no
 * repetition is left out by eye.
 */
export function voidReason({
  failure,
  expectedNodes,
  nodes,
  usage,
  ended,
  arrival,
  pods,
}: Evidence): string | undefined {
  if (failure !== undefined) return failure;
  if (nodes.some((digest) => digest !== expectedNodes)) return otherNodes;
  if (ended) return "the scheduler ended before the workload";
  const steal = Math.max(0, ...usage.map((sample) => sample.steal));
  if (steal > mostSteal)
    return `the hypervisor took ${percent(steal)} of the processors' time, at most ${percent(mostSteal)}`;
  const rate = typeof arrival === "object" ? achievedRate(pods) : undefined;
  if (typeof arrival === "object" && rate !== undefined && rate < arrival.rate * leastRate) {
    return `the generator created ${rate.toFixed(1)} pods/s, expected ${arrival.rate}`;
  }
  return pods.length === 0 ? "no pod was measured" : undefined;
}

/** Pods per second from the first to the last creation; undefined for fewer than 20 pods, whose random gaps vary too much. */
function achievedRate(pods: readonly PodTimes[]): number | undefined {
  if (pods.length < 20) return undefined;
  const times = pods.map(({ created }) => created);
  const seconds = (times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b))) / 1000;
  return seconds > 0 ? (pods.length - 1) / seconds : undefined;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
