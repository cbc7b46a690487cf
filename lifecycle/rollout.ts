import type * as pulumi from "@pulumi/pulumi";
import type { Node } from "../topology.ts";

/** Predicates of a worker, evaluated before anything changes. */
export interface WorkerStatus {
  /** Whether its machine exists and will be replaced. */
  readonly needsRollout: (node: Node) => boolean;
  /** Whether it exists and is not Ready, for example after an interrupted run or a change by hand. */
  readonly isUnavailable: (node: Node) => boolean;
}

/** Order of the workers in a rollout. */
export interface RolloutOrder {
  /** Names of the workers that must be Ready before a worker is replaced, by the name of that worker. */
  readonly before: ReadonlyMap<string, readonly string[]>;
  /** Names of the workers that wait for no other and that others wait for. */
  readonly first: ReadonlySet<string>;
}

/**
 * Determines the order in which the machines of workers are replaced.
 *
 * The control plane comes first, because it drains and admits workers, and Kubernetes requires it to be the newest. Workers
 * follow in batches, unavailable workers first. A worker that is available and stays as it is has no place in the order.
 * @param workers All workers in their order.
 * @param maxUnavailable Number of workers that may be unavailable at a time, 1 or more.
 */
export function rolloutOrder(
  workers: readonly Node[],
  { needsRollout, isUnavailable }: WorkerStatus,
  maxUnavailable: number,
): RolloutOrder {
  const unavailable = workers.filter(isUnavailable);
  const queue = [...unavailable, ...workers.filter((node) => needsRollout(node) && !isUnavailable(node))];
  const before = new Map<string, readonly string[]>();
  for (let start = 0; start < queue.length; start += maxUnavailable) {
    const earlier = Math.max(0, start - maxUnavailable);
    // Unavailable workers wait for no other. So a batch of them may be Ready before the batches in front of it.
    const others = [...unavailable.slice(0, earlier), ...queue.slice(earlier, start)].map(({ name }) => name);
    for (const [place, node] of queue.slice(start, start + maxUnavailable).entries()) {
      const isFirst = start + place < unavailable.length;
      if (needsRollout(node)) before.set(node.name, isFirst ? [] : others);
    }
  }
  return { before, first: new Set(before.size > 0 ? unavailable.map(({ name }) => name) : []) };
}

/** Steps that each worker waits for. The program asks for them while it creates the workers in sequence. */
export class Rollout {
  readonly #order: RolloutOrder;
  readonly #back = new Map<string, PromiseWithResolvers<pulumi.Resource>>();

  constructor(order: RolloutOrder) {
    this.#order = order;
  }

  /** Steps that must be complete before a worker's machine is replaced; undefined for a machine that stays or is new. */
  waitsFor(name: string): readonly Promise<pulumi.Resource>[] | undefined {
    // Promises, because an unavailable worker may be created after a worker that waits for it.
    return this.#order.before.get(name)?.map((other) => this.#stepOf(other).promise);
  }

  /** Whether a worker must not wait for another one, because others wait for it. */
  isFirst(name: string): boolean {
    return this.#order.first.has(name);
  }

  /** Records the step after which a worker is Ready. */
  add(name: string, step: pulumi.Resource): void {
    this.#stepOf(name).resolve(step);
  }

  #stepOf(name: string): PromiseWithResolvers<pulumi.Resource> {
    const step = this.#back.get(name) ?? Promise.withResolvers<pulumi.Resource>();
    this.#back.set(name, step);
    return step;
  }
}
