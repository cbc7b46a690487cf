import type * as pulumi from "@pulumi/pulumi";
import type { Node } from "../topology.ts";

/**
 * Decides who waits for whom when machines that are in use make way for others: the nodes that have to be back, by the name
 * of the one that waits for them.
 *
 * The control plane comes first: its part is to let the others leave and join, and Kubernetes wants it to be the newest.
 * Workers follow in batches. A node that is not replaced, or not there yet, waits for nobody.
 * @param workers All workers in their order.
 * @param isReplaced Whether a node's machine is there and will be another one.
 * @param maxUnavailable How many workers may be away at a time, 1 or more.
 */
export function rolloutOrder(
  workers: readonly Node[],
  isReplaced: (node: Node) => boolean,
  maxUnavailable: number,
): ReadonlyMap<string, readonly string[]> {
  const replaced = workers.filter(isReplaced).map(({ name }) => name);
  const batchBefore = (index: number) => {
    const start = (Math.floor(index / maxUnavailable) - 1) * maxUnavailable;
    return start < 0 ? [] : replaced.slice(start, start + maxUnavailable);
  };
  return new Map(replaced.map((name, index) => [name, batchBefore(index)]));
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
