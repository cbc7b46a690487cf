import type * as pulumi from "@pulumi/pulumi";
import type { Node } from "../topology.ts";

/** What is known of a worker's machine before anything is done. */
export interface Standing {
  /** Whether its machine is there, and will be another one. */
  readonly isReplaced: (node: Node) => boolean;
  /** Whether it was begun and is not back: what a run that was stopped or killed left behind. */
  readonly isAway: (node: Node) => boolean;
}

/**
 * Decides who waits for whom when machines that are in use make way for others: the nodes that have to be back, by the name
 * of the one that waits for them.
 *
 * The control plane comes first: its part is to let the others leave and join, and Kubernetes wants it to be the newest.
 * Workers follow in batches. One that is away already has its place among them, but waits for nobody; one that is not
 * replaced, or not there yet, has none.
 * @param workers All workers in their order.
 * @param maxUnavailable How many workers may be away at a time, 1 or more.
 */
export function rolloutOrder(
  workers: readonly Node[],
  { isReplaced, isAway }: Standing,
  maxUnavailable: number,
): ReadonlyMap<string, readonly string[]> {
  const queue = workers.filter((node) => isReplaced(node) || isAway(node));
  // Whoever is away waited for nobody, so that it is back says nothing of those before it: then everyone before counts.
  const reach = queue.some(isAway) ? queue.length : maxUnavailable;
  const order = new Map<string, readonly string[]>();
  for (const [index, node] of queue.entries()) {
    if (!isReplaced(node)) continue;
    const own = Math.floor(index / maxUnavailable) * maxUnavailable;
    const before = isAway(node) ? [] : queue.slice(Math.max(own - reach, 0), own);
    order.set(
      node.name,
      before.map(({ name }) => name),
    );
  }
  return order;
}

/** Hands out what a node waits for, while the nodes are made one after the other. */
export class Rollout {
  readonly #order: ReadonlyMap<string, readonly string[]>;
  readonly #controlPlane: pulumi.Resource;
  readonly #back = new Map<string, pulumi.Resource>();

  /** @param controlPlane What every worker that is replaced waits for. */
  constructor(order: ReadonlyMap<string, readonly string[]>, controlPlane: pulumi.Resource) {
    this.#order = order;
    this.#controlPlane = controlPlane;
  }

  /** What has to be back before a node's machine makes way; empty for one whose machine stays, or is not there yet. */
  turnOf(name: string): readonly pulumi.Resource[] {
    const before = this.#order.get(name);
    if (before === undefined) return [];
    return [this.#controlPlane, ...before.map((other) => this.#back.get(other)).filter((step) => step !== undefined)];
  }

  /** Says after which step a node is back. */
  add(name: string, step: pulumi.Resource): void {
    this.#back.set(name, step);
  }
}
