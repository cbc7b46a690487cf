import type * as pulumi from "@pulumi/pulumi";
import type { Node } from "../topology.ts";

/** What is known of a worker before anything is done. */
export interface WorkerStatus {
  /** Whether its machine is there, and will be another one. */
  readonly needsRollout: (node: Node) => boolean;
  /** Whether it was begun and does not do its part: what a run that was stopped, or somebody by hand, left behind. */
  readonly isUnavailable: (node: Node) => boolean;
}

/** Who waits for whom in a rollout. */
export interface RolloutOrder {
  /** The workers that have to be back, by the name of the one that waits for them before it makes way. */
  readonly before: ReadonlyMap<string, readonly string[]>;
  /** Workers that others wait for and that themselves wait for none. */
  readonly first: ReadonlySet<string>;
}

/**
 * Decides who waits for whom when machines that are in use make way for others.
 *
 * The control plane comes first: its part is to let the others leave and join, and Kubernetes wants it to be the newest.
 * Workers follow in batches, those first that are away already. One that is neither replaced nor away has no place.
 * @param workers All workers in their order.
 * @param maxUnavailable How many workers may be away at a time, 1 or more.
 */
export function rolloutOrder(
  workers: readonly Node[],
  { needsRollout, isUnavailable }: WorkerStatus,
  maxUnavailable: number,
): RolloutOrder {
  const unavailable = workers.filter(isUnavailable);
  const queue = [...unavailable, ...workers.filter((node) => needsRollout(node) && !isUnavailable(node))];
  const before = new Map<string, readonly string[]>();
  for (const [index, node] of queue.entries()) {
    if (!needsRollout(node)) continue;
    const own = Math.floor(index / maxUnavailable) * maxUnavailable;
    // Whoever is away waits for nobody, so that a batch of them is back says nothing of the batches before it.
    const others = queue.slice(0, own).filter((other, place) => place >= own - maxUnavailable || isUnavailable(other));
    before.set(node.name, isUnavailable(node) ? [] : others.map(({ name }) => name));
  }
  return { before, first: new Set(before.size > 0 ? unavailable.map(({ name }) => name) : []) };
}

/** Hands out what a node waits for, while the nodes are made one after the other. */
export class Rollout {
  readonly #order: RolloutOrder;
  readonly #controlPlane: pulumi.Resource;
  readonly #back = new Map<string, PromiseWithResolvers<pulumi.Resource>>();

  /** @param controlPlane What every worker that is replaced waits for. */
  constructor(order: RolloutOrder, controlPlane: pulumi.Resource) {
    this.#order = order;
    this.#controlPlane = controlPlane;
  }

  /** What has to be back before a node's machine makes way; empty for one whose machine stays, or is not there yet. */
  waitsFor(name: string): readonly pulumi.Input<pulumi.Resource>[] {
    const before = this.#order.before.get(name);
    if (before === undefined) return [];
    // One that is away may be made after one that waits for it.
    return [this.#controlPlane, ...before.map((other) => this.#stepOf(other).promise)];
  }

  /** Whether a worker may wait for no other, because others wait for it. */
  isFirst(name: string): boolean {
    return this.#order.first.has(name);
  }

  /** Says after which step a node is back. */
  add(name: string, step: pulumi.Resource): void {
    this.#stepOf(name).resolve(step);
  }

  #stepOf(name: string): PromiseWithResolvers<pulumi.Resource> {
    const step = this.#back.get(name) ?? Promise.withResolvers<pulumi.Resource>();
    this.#back.set(name, step);
    return step;
  }
}
