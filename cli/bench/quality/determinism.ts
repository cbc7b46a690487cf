import type { PodTimes } from "../run/repetition.ts";
import { placedPods } from "./placement.ts";

/**
 * Returns the share of pods with the same node in two repetitions, 0 to 1.
 *
 * Pods are matched by namespace and name. A pod with a node in one repetition only counts as different. It is undefined
 * where no pod has a node in either.
 */
export function sameNodeShare(pods: readonly PodTimes[], others: readonly PodTimes[]): number | undefined {
  const [own, other] = [placementOf(pods), placementOf(others)];
  const all = new Set([...own.keys(), ...other.keys()]);
  if (all.size === 0) return undefined;
  let same = 0;
  for (const [pod, node] of own) if (other.get(pod) === node) same++;
  return same / all.size;
}

function placementOf(pods: readonly PodTimes[]): ReadonlyMap<string, string | undefined> {
  return new Map(placedPods(pods).map((pod) => [`${pod.namespace}/${pod.name}`, pod.node]));
}
