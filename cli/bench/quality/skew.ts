import type { BenchNode, PodTimes } from "../run/repetition.ts";
import { fillNodes } from "./placement.ts";

/**
 * Returns the skew of a topology key: pods of the fullest domain minus pods of the emptiest one.
 *
 * A domain is a value of the label. Empty domains count with 0 pods; nodes without the label do not take part. All pods
 * count together, without the selector of a topology spread constraint. It is undefined where no node has the label.
 *
 * @param key E.g. `topology.kubernetes.io/zone`.
 */
export function skewOf(pods: readonly PodTimes[], nodes: readonly BenchNode[], key: string): number | undefined {
  const domains = new Map<string, number>();
  for (const filled of fillNodes(pods, nodes)) {
    const value = filled.node.labels[key];
    if (value !== undefined) domains.set(value, (domains.get(value) ?? 0) + filled.pods.length);
  }
  if (domains.size === 0) return undefined;
  // A spread of arguments would fail for a hundred thousand hosts.
  const counts = [...domains.values()].sort((a, b) => a - b);
  return (counts.at(-1) ?? 0) - (counts[0] ?? 0);
}
