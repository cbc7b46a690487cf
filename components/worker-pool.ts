import * as pulumi from "@pulumi/pulumi";
import type { Rollout } from "../lifecycle/rollout.ts";
import type { Node } from "../topology.ts";
import { Worker, type WorkerArgs } from "./worker.ts";

/** What a {@link WorkerPool} is made from. */
export interface WorkerPoolArgs extends Omit<WorkerArgs, "node" | "after" | "waitsFor" | "generation"> {
  /** The workers. Plain, because they decide which resources exist. */
  readonly nodes: readonly Node[];
  /** Workers of the pools before; they join first. */
  readonly earlier: readonly Worker[];
  /**
   * How many of all pools may join at the same time: an API server under 300 joins at once lets some time out
   * (kubeadm #3181).
   */
  readonly joinWaveSize: number;
  /** Whom each worker waits for when its machine makes way. */
  readonly rollout: Rollout;
  /** How often a worker had to be let in again. */
  readonly generationOf: (node: Node) => string;
}

/**
 * Workers that are all alike.
 *
 * Creates a {@link Worker} for each node. All machines boot at once; a worker's join waits for the one that stands
 * joinWaveSize places before it, counted through all pools. That is an order among steps that have to be taken, so another
 * worker changes nothing for those that have joined.
 */
export class WorkerPool extends pulumi.ComponentResource {
  readonly workers: readonly Worker[];

  constructor(name: string, args: WorkerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:WorkerPool", name, { nodes: args.nodes.map((node) => node.name) }, opts);
    const { nodes, earlier, joinWaveSize, rollout, generationOf, ...shared } = args;
    const queue = [...earlier];
    for (const node of nodes) {
      const { resourceName } = node;
      const worker = new Worker(
        resourceName,
        {
          ...shared,
          node,
          after: rollout.isFirst(node.name) ? undefined : queue[queue.length - joinWaveSize],
          waitsFor: rollout.waitsFor(node.name),
          generation: generationOf(node),
        },
        { parent: this },
      );
      rollout.add(node.name, worker.ready);
      queue.push(worker);
    }
    this.workers = queue.slice(earlier.length);
    this.registerOutputs({});
  }
}
