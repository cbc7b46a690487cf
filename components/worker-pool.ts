import * as pulumi from "@pulumi/pulumi";
import type { Rollout } from "../lifecycle/rollout.ts";
import type { Node } from "../topology.ts";
import { Worker, type WorkerArgs } from "./worker.ts";

/** Arguments of a {@link WorkerPool}. */
export interface WorkerPoolArgs extends Omit<
  WorkerArgs,
  "node" | "bootsAfter" | "joinsAfter" | "waitsFor" | "generation"
> {
  /** Nodes of the workers. Plain values, because they decide which resources exist. */
  readonly nodes: readonly Node[];
  /** Workers of earlier pools, which join first. */
  readonly earlier: readonly Worker[];
  /**
   * Number of workers of all pools that may join at the same time. With 300 joins in parallel some time out at the API server
   * (kubeadm #3181).
   */
  readonly joinWaveSize: number;
  /** Steps that each worker waits for before its machine is replaced. */
  readonly rollout: Rollout;
  /** Returns the number of the worker's join, see generationOf in lifecycle/prior-cluster.ts. */
  readonly generationOf: (node: Node) => string;
}

/**
 * Number of workers of all pools that may boot at the same time. The engine runs up to 256 operations at a time
 * (cli/stack/parallelism.ts). Each boot is one of them, and the other steps need the rest.
 */
const bootsAtATime = 192;

/**
 * Workers of the same size, image, labels and taints.
 *
 * Creates a {@link Worker} for each node. The machines boot in parallel, at most 192 at a time. A worker joins once the worker
 * joinWaveSize places before it is Ready. Both count through all pools. They order only the steps of a run, so a new worker
 * changes no worker that has joined.
 */
export class WorkerPool extends pulumi.ComponentResource {
  readonly workers: readonly Worker[];

  constructor(name: string, args: WorkerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:WorkerPool", name, { nodes: args.nodes.map((node) => node.name) }, opts);
    const { nodes, earlier, joinWaveSize, rollout, generationOf, ...shared } = args;
    const queue = [...earlier];
    for (const node of nodes) {
      const isFirst = rollout.isFirst(node.name);
      const worker = new Worker(
        node.resourceName,
        {
          ...shared,
          node,
          bootsAfter: isFirst ? undefined : queue.at(-bootsAtATime),
          joinsAfter: isFirst ? undefined : queue.at(-joinWaveSize),
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
