import type { PodTimes } from "../run/repetition.ts";
import type { Pace } from "../scenario/scenario.ts";
import type { Limit } from "./measures.ts";

/**
 * Share of the pods that wait for a node at the same time, averaged over the creation.
 *
 * A scheduler that is 5 % slower than the generator has 5 % of the pods left at the end, 2.5 % on average. Below 2 % it kept up.
 */
const WAITING_SHARE = 0.02;

/** Pods that an idle scheduler has in work at a time: binds are asynchronous. With few pods the share is less than that. */
const PODS_IN_WORK = 5;

/** Share of the time to the last bind in which pods were created. In a burst it is small, whatever waits on average. */
const CREATION_SHARE = 0.8;

/** Share of the wanted rate from which it counts as kept. The first and last pod make the ends of the rate inexact. */
const KEPT_RATE = 0.95;

/**
 * Returns the generator, or the wanted rate of the workload, as the limit where few created pods waited for a node.
 *
 * A backlog has no such limit: its pods are there before the scheduler starts. A trace always is the limit: its times decide how many
 * pods can be bound, and its pods also wait for room. Pods without a node are left out.
 */
export function generatorLimit(pods: readonly PodTimes[], pace: Pace): Limit | undefined {
  if (pace === "backlog") return undefined;
  const bound = pods.flatMap((pod) => (pod.bound === undefined ? [] : [{ ...pod, bound: pod.bound }]));
  const first = bound.reduce((least, pod) => Math.min(least, pod.created), Infinity);
  const lastCreated = bound.reduce((most, pod) => Math.max(most, pod.acknowledged), -Infinity);
  const lastBound = bound.reduce((most, pod) => Math.max(most, pod.bound), -Infinity);
  const creation = lastCreated - first;
  if (pace === "trace") {
    const times = `The times of the trace set the pace: ${bound.length} of its pods came in ${number(creation / 1000)} s.`;
    return { by: "workload", evidence: times };
  }
  if (creation <= 0 || creation < CREATION_SHARE * (lastBound - first)) return undefined;
  const waiting = bound.reduce((sum, pod) => {
    return sum + Math.max(0, Math.min(pod.bound, lastCreated) - pod.acknowledged);
  }, 0);
  const mean = waiting / creation;
  if (mean > Math.max(PODS_IN_WORK, bound.length * WAITING_SHARE)) return undefined;
  const rate = ((bound.length - 1) * 1000) / creation;
  const figures = `On average ${number(mean)} of ${bound.length} pods waited for a node while they were created at ${number(rate)} pods/s`;
  if (typeof pace === "object" && rate >= pace.rate * KEPT_RATE) {
    return { by: "workload", evidence: `${figures}, the wanted rate being ${number(pace.rate)} pods/s.` };
  }
  return { by: "generator", evidence: `${figures}.` };
}

function number(value: number): number {
  return Number(value.toPrecision(3));
}
