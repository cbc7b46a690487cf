import * as pulumi from "@pulumi/pulumi";
import type { Node } from "../topology.ts";
import { Worker, type WorkerArgs } from "./worker.ts";

/** What a {@link WorkerPool} is made from. */
export interface WorkerPoolArgs extends Omit<WorkerArgs, "node" | "after"> {
  /** The workers. Plain, because they decide which resources exist. */
  readonly nodes: readonly Node[];
  /** Prefix of the workers' resource names; followed by the node's own. */
  readonly namePrefix: string;
  /** How many may join at the same time: an API server under 300 joins at once lets some time out (kubeadm #3181). */
  readonly joinWaveSize: number;
}

/**
 * Workers that are all alike.
 *
 * Creates a {@link Worker} for each node. All machines boot at once; a worker's join waits for the one that stands
 * joinWaveSize places before it, so another worker at the end changes nothing for the others.
 */
export class WorkerPool extends pulumi.ComponentResource {
  readonly workers: readonly Worker[];

  constructor(name: string, args: WorkerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:WorkerPool", name, { nodes: args.nodes.map((node) => node.name) }, opts);
    const { nodes, namePrefix, joinWaveSize, ...shared } = args;
    const workers: Worker[] = [];
    nodes.forEach((node, index) => {
      const after = workers[index - joinWaveSize];
      workers.push(new Worker(`${namePrefix}-${node.name}`, { ...shared, node, after }, { parent: this }));
    });
    this.workers = workers;
    this.registerOutputs({});
  }
}
