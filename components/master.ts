import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { ClusterNetworkConfig } from "../config/network.ts";
import type { Timeouts } from "../config/timeouts.ts";
import { initConfiguration } from "../kubeadm/init-configuration.ts";
import type { Node } from "../topology.ts";
import { remoteStep } from "./remote-step.ts";
import { VirtualMachine, type MachinePlatform } from "./virtual-machine.ts";

/** What every node of a cluster is told of it. */
export interface ClusterIdentity {
  readonly clusterName: string;
  readonly network: ClusterNetworkConfig;
}

/** Parameters of the scripts that make a node part of its cluster; the image's units read them from node.env. */
export function nodeParameters(node: Node, { clusterName, network }: ClusterIdentity) {
  return {
    NODE_NAME: node.name,
    CLUSTER_NAME: clusterName,
    CLUSTER_DOMAIN: network.domain,
    POD_CIDR: network.podCidr,
    SERVICE_CIDR: network.serviceCidr,
  };
}

/** What a {@link Master} is made from. */
export interface MasterArgs {
  /** The control-plane node; its address is known before it boots. */
  readonly node: Node;
  readonly platform: MachinePlatform;
  readonly identity: ClusterIdentity;
  readonly timeouts: Timeouts;
}

/** What the control plane says of its own making. */
interface InitResult {
  kubernetesVersion: string;
  seconds: Record<string, number>;
}

/**
 * The control-plane node, ready to let workers in.
 *
 * Creates: 1. the machine; 2. the step that makes the control plane; 3. the step that fetches the administrator's
 * kubeconfig.
 */
export class Master extends pulumi.ComponentResource {
  readonly machine: VirtualMachine;
  /** How to reach the node once it is a control plane; steps that use it wait for that. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** host:port of the API server; known only once it answers. */
  readonly endpoint: pulumi.Output<string>;
  /** The administrator's kubeconfig. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Version of Kubernetes, such as v1.36.3: the image decides it. */
  readonly kubernetesVersion: pulumi.Output<string>;
  /** Seconds of each phase. */
  readonly timings: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: MasterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Master", name, { node: args.node.name }, opts);
    const { node, platform, identity, timeouts } = args;
    this.machine = new VirtualMachine(name, { node, platform }, { parent: this });
    const { connection, domainId } = this.machine;
    const user = platform.ssh.user;

    const init = remoteStep(
      `${name}-init`,
      {
        script: "init-control-plane",
        connection,
        user,
        limitMinutes: timeouts.init,
        parameters: { ...nodeParameters(node, identity), NODE_ADDRESS: this.machine.address },
        stdin: initConfiguration({ clusterName: identity.clusterName, node, network: identity.network }),
        triggers: [domainId],
      },
      { parent: this },
    );
    const result = init.stdout.apply((text) => JSON.parse(text) as InitResult);
    this.kubernetesVersion = result.kubernetesVersion;
    this.timings = result.seconds;
    this.connection = pulumi.all([connection, init.id]).apply(([value]) => value);
    this.endpoint = pulumi.all([this.machine.address, init.id]).apply(([address]) => `${address}:6443`);

    const kubeconfig = remoteStep(
      `${name}-kubeconfig`,
      {
        script: "print-kubeconfig",
        connection: this.connection,
        user,
        limitMinutes: 5,
        secretResult: true,
        // No triggers: a new machine has a new host key, so the step runs again in place. Were it replaced, everything in
        // the cluster would be, because nobody could know yet that it is still the same cluster.
      },
      { parent: this },
    );
    this.kubeconfig = pulumi.secret(kubeconfig.stdout);
    this.registerOutputs({ endpoint: this.endpoint, kubernetesVersion: this.kubernetesVersion });
  }
}
