import type { BenchNode, PodTimes } from "../run/repetition.ts";

/** Amounts by resource. */
export type Resources = Readonly<Record<string, number>>;

/** A node with the {@link placedPods} that it has. */
export interface FilledNode {
  readonly node: BenchNode;
  readonly pods: readonly PodTimes[];
  /** Sum of the pods' demands. */
  readonly used: Resources;
}

/** Resource that counts pods. The kubelet limits it (110 by default), and no pod requests it by name. */
const PODS = "pods";

/**
 * Relative tolerance of sums of requests.
 *
 * Ten requests of 0.1 cores add up to 0.9999999999999999 in floating point, and a full node must stay full.
 */
const TOLERANCE = 1e-9;

/** Returns what a pod takes from a node: its requests and one place of `pods`. */
export function demandOf(pod: PodTimes): Resources {
  return { ...pod.requests, [PODS]: 1 };
}

/** Returns the sum of the demands of pods. */
export function totalDemand(pods: readonly PodTimes[]): Resources {
  const total: Record<string, number> = {};
  for (const pod of pods) {
    for (const [resource, amount] of Object.entries(demandOf(pod))) total[resource] = (total[resource] ?? 0) + amount;
  }
  return total;
}

/**
 * Returns the pods that have a node at the end: bound and not deleted. A trace deletes all its pods. Then it returns those that had a node
 * at the same time, when most had one.
 */
export function placedPods(pods: readonly PodTimes[]): readonly PodTimes[] {
  const atEnd = pods.filter((pod) => pod.node !== undefined && pod.deleted === undefined);
  return atEnd.length > 0 ? atEnd : mostAtOnce(pods);
}

function mostAtOnce(pods: readonly PodTimes[]): readonly PodTimes[] {
  const changes = pods.flatMap(({ bound, deleted }) => {
    if (bound === undefined || deleted === undefined || deleted <= bound) return [];
    return [
      { at: bound, by: 1 },
      { at: deleted, by: -1 },
    ];
  });
  // A pod that is deleted when another one is bound has left its room.
  changes.sort((one, other) => one.at - other.at || one.by - other.by);
  let [count, most, when] = [0, 0, 0];
  for (const { at, by } of changes) {
    count += by;
    if (count > most) [most, when] = [count, at];
  }
  return pods.filter(({ bound = Infinity, deleted = 0 }) => bound <= when && when < deleted);
}

/** Returns every node with its {@link placedPods}, also empty nodes. Pods on other nodes are left out. */
export function fillNodes(pods: readonly PodTimes[], nodes: readonly BenchNode[]): readonly FilledNode[] {
  const byNode = Map.groupBy(placedPods(pods), (pod) => pod.node);
  return nodes.map((node) => {
    const own = byNode.get(node.name) ?? [];
    return { node, pods: own, used: totalDemand(own) };
  });
}

/** Returns how much of a resource a node offers; 0 where the node does not have it, unlimited for unnamed `pods`. */
export function allocatableOf(node: BenchNode, resource: string): number {
  return node.allocatable[resource] ?? (resource === PODS ? Infinity : 0);
}

/** Returns how much of a resource of a node is free, not below 0. */
export function freeOf({ node, used }: FilledNode, resource: string): number {
  const allocatable = allocatableOf(node, resource);
  const free = allocatable - (used[resource] ?? 0);
  return free > 0 && (allocatable === Infinity || free > allocatable * TOLERANCE) ? free : 0;
}

/** Tells whether an amount is enough for a wanted one, with a tolerance for sums in floating point. */
export function suffices(amount: number, wanted: number): boolean {
  return amount >= wanted * (1 - TOLERANCE);
}
