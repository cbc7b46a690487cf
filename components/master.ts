import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import type { DrainConfig } from "../config/drain.ts";
import type { ClusterNetworkConfig } from "../config/network.ts";
import type { MasterConfig } from "../config/nodes.ts";
import type { Timeouts } from "../config/timeouts.ts";
import { scriptText } from "../guest/script.ts";
import { initConfiguration } from "../kubeadm/init-configuration.ts";
import { dataVolumeName, shortDigest, suffix } from "../names.ts";
import type { Identity, Node } from "../topology.ts";
import { remoteStep } from "./remote-step.ts";
import { secondsOf } from "./step-seconds.ts";
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
  /** The disk that outlives the machine. */
  readonly data: Pick<MasterConfig, "dataDiskGiB" | "dataProtected">;
  /** How workers leave. */
  readonly drain: DrainConfig;
  readonly timeouts: Timeouts;
  /** How an earlier machine with this control plane's data was reached. @default there was none */
  readonly kept?: Identity | undefined;
  /** Changes when its certificates end soon, so that they are renewed and the kubeconfig follows. @default never yet */
  readonly certificates?: string | undefined;
}

/** What the control plane says of its own making. */
interface InitResult {
  kubernetesVersion: string;
}

/**
 * The control-plane node, ready to let workers in.
 *
 * Creates: 1. the data disk, which etcd, certificates and keys are on; 2. the machine; 3. the step that makes the control
 * plane, or brings it back on another machine; 4. the step that says how workers leave; 5. the step that fetches the
 * administrator's kubeconfig. Another machine changes nothing for whoever talks to this one: address, host key and
 * certificates stay.
 */
export class Master extends pulumi.ComponentResource {
  readonly node: Node;
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
    const { node, platform, identity, data, drain, timeouts, certificates } = args;
    // Left out until the first renewal: a stack whose certificates are young has nothing to do.
    const renewal: Record<string, string> = certificates === undefined ? {} : { CERTIFICATES: certificates };
    this.node = node;
    const volume = new libvirt.Volume(
      `${name}${suffix.data}`,
      {
        name: platform.cluster.result.apply((id) => dataVolumeName(name, id)),
        pool: platform.poolName,
        size: data.dataDiskGiB * 2 ** 30,
        format: "qcow2",
      },
      {
        parent: this,
        // Everything in the cluster is on it. What must not go by accident does not go with `pulumi destroy` either.
        protect: data.dataProtected,
      },
    );
    this.machine = new VirtualMachine(
      name,
      { node, platform, dataVolumeId: volume.id, kept: args.kept },
      { parent: this },
    );
    const { connection, domainId } = this.machine;
    const user = platform.ssh.user;

    const init = remoteStep(
      `${name}${suffix.init}`,
      {
        script: "init-control-plane",
        connection,
        user,
        limitMinutes: timeouts.init,
        parameters: {
          ...nodeParameters(node, identity),
          NODE_ADDRESS: this.machine.address,
          IMAGE: shortDigest(node.image.sha256),
          // On another machine it runs again in place. Were the step replaced, everything that depends on it would be,
          // because nobody could know yet that it is still the same control plane.
          MACHINE: domainId,
          ...renewal,
          APPROVE_JOINS: scriptText({ script: "approve-joins" }),
        },
        stdin: initConfiguration({ clusterName: identity.clusterName, node, network: identity.network }),
        // The stack remembers that it was done: then the data disk has to have the cluster, and a blank one is refused.
        again: { script: "init-control-plane", limitMinutes: timeouts.init, repeated: true },
      },
      // Another cluster is made for the first time. From nothing to a value, as in a stack of an earlier release, this
      // replaces nothing.
      { parent: this, replacementTrigger: platform.cluster.result },
    );
    const policy = remoteStep(
      `${name}${suffix.drainPolicy}`,
      {
        script: "set-drain-policy",
        connection: pulumi.all([connection, init.id]).apply(([value]) => value),
        user,
        limitMinutes: 5,
        parameters: {
          DRAIN_TIMEOUT_MINUTES: drain.timeoutMinutes,
          DRAIN_GRACE_SECONDS: drain.graceSeconds,
          DRAIN_POLICY: drain.policy,
        },
      },
      { parent: this },
    );
    const result = init.stdout.apply((text) => JSON.parse(text) as InitResult);
    this.kubernetesVersion = result.kubernetesVersion;
    this.timings = init.stdout.apply((text) => secondsOf(`${name}${suffix.init}`, text));
    // No worker leaves before it is said how.
    this.connection = pulumi.all([connection, policy.id]).apply(([value]) => value);
    this.endpoint = pulumi.all([this.machine.address, init.id]).apply(([address]) => `${address}:6443`);

    const kubeconfig = remoteStep(
      `${name}${suffix.kubeconfig}`,
      {
        script: "print-kubeconfig",
        connection: this.connection,
        user,
        limitMinutes: 5,
        // In place, as init.
        parameters: renewal,
        secretResult: true,
      },
      { parent: this },
    );
    this.kubeconfig = pulumi.secret(kubeconfig.stdout);
    this.registerOutputs({ endpoint: this.endpoint, kubernetesVersion: this.kubernetesVersion });
  }
}
