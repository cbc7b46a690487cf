import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { simulationInput } from "../addons/simulated-nodes.ts";
import type { SimulatedNodesConfig } from "../config/simulated-nodes.ts";
import { resourceType } from "../names.ts";
import { remoteStep } from "./remote-step.ts";

/** Arguments of {@link SimulatedNodes}. */
export interface SimulatedNodesArgs {
  readonly simulated: SimulatedNodesConfig;
  /** Range of the pods. */
  readonly podCidr: string;
  /** Connection to the control plane. */
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  readonly user: string;
  /** UUID of the control plane's domain. Another machine has no kwok running, so the step runs again. */
  readonly masterDomainId: pulumi.Input<string>;
  /** Resource that is deleted only with the whole cluster. No Node is then deleted. */
  readonly cluster: pulumi.Resource;
  /** Time in minutes in which all simulated nodes must become Ready. */
  readonly timeoutMinutes: number;
}

/** Returns the number of nodes of each pool, by its name. */
export function simulatedCounts({ pools }: SimulatedNodesConfig): Record<string, number> {
  return Object.fromEntries(pools.map(({ name, count }) => [name, count]));
}

/**
 * The simulated nodes of the cluster: Node objects without machines, which kwok on the control plane keeps Ready.
 *
 * Creates one command for all nodes, because 5,000 resources would cost more than the nodes. Another count creates or deletes
 * only the nodes of the difference. Another definition of a pool recreates the nodes of the pool. The deletion of the command
 * deletes all nodes.
 */
export class SimulatedNodes extends pulumi.ComponentResource {
  constructor(name: string, args: SimulatedNodesArgs, opts?: pulumi.ComponentResourceOptions) {
    const nodes = simulatedCounts(args.simulated);
    super(resourceType.simulatedNodes, name, { nodes }, opts);
    remoteStep(
      name,
      {
        script: "simulate-nodes",
        connection: args.connection,
        user: args.user,
        // Longer than the limit in the script, because the script's error has the number of nodes that are not Ready.
        limitMinutes: args.timeoutMinutes + longestChange,
        parameters: { READY_TIMEOUT_SECONDS: args.timeoutMinutes * 60, MACHINE: args.masterDomainId },
        stdin: simulationInput(args.simulated, args.podCidr),
        undo: { script: "remove-simulated-nodes", limitMinutes: longestChange },
      },
      {
        parent: this,
        // Otherwise `destroy` would delete every Node, and fail if the control plane is dead.
        deletedWith: args.cluster,
      },
    );
    // preflight/simulated-names.ts reads them in the next run.
    this.registerOutputs({ nodes });
  }
}

/** Minutes in which an emulated control plane creates or deletes 5,000 Nodes; a native one takes less than one. */
const longestChange = 30;
