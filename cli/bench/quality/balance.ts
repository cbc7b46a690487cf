import type { BenchNode, PodTimes } from "../run/repetition.ts";
import { allocatableOf, fillNodes, type FilledNode } from "./placement.ts";

/** How evenly pods fill nodes. */
interface Balance {
  /** Mean over all nodes of the dominant share, 0 to 1. */
  readonly mean: number;
  /** Jain's index of the dominant shares: 1 where all nodes are equal, 1 / N where one of N nodes has everything. */
  readonly jain: number;
}

/**
 * Returns mean and Jain's index of the dominant share over all nodes; undefined where no node has a pod.
 *
 * The dominant share of a node is the highest ratio of requested to allocatable amount over its resources. `pods` is
 * a resource, so that pods without requests count. Index: R. Jain et al., DEC-TR-301, 1984.
 */
export function balanceOf(pods: readonly PodTimes[], nodes: readonly BenchNode[]): Balance | undefined {
  const shares = fillNodes(pods, nodes).map(dominantShare);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum === 0) return undefined;
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return { mean: sum / shares.length, jain: (sum * sum) / (shares.length * squares) };
}

/** Returns the highest share of a resource that a node's pods request. */
export function dominantShare({ node, used }: FilledNode): number {
  return Object.entries(used).reduce((highest, [resource, amount]) => {
    const allocatable = allocatableOf(node, resource);
    return allocatable > 0 ? Math.max(highest, amount / allocatable) : highest;
  }, 0);
}
