import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { DrainConfig } from "../config/drain.ts";
import type { KubeletConfig } from "../config/kubelet.ts";
import type { ClusterNetworkConfig } from "../config/network.ts";
import type { Timeouts } from "../config/timeouts.ts";
import { argumentLines, settingsParameters, type ComponentSettings } from "../guest/component-arguments.ts";
import { approvalParameters } from "../guest/approval.ts";
import { initConfiguration } from "../kubeadm/init-configuration.ts";
import { kubeletDropIn } from "../kubeadm/kubelet-configuration.ts";
import { shortDigest } from "../lib/digest.ts";
import { object, text as anyText } from "../lib/outside.ts";
import { resourceType, suffix } from "../names.ts";
import type { Identity, Node } from "../topology.ts";
import { after } from "./after.ts";
import { dataDiskGrowth, dataVolume, type DataDisk } from "./data-disk.ts";
import { remoteStep } from "./remote-step.ts";
import { stepResult } from "./step-result.ts";
import { secondsOf } from "./step-seconds.ts";
import { VirtualMachine, type MachinePlatform } from "./virtual-machine.ts";

/** Properties of a cluster that its nodes need. */
export interface ClusterIdentity {
  readonly clusterName: string;
  readonly network: ClusterNetworkConfig;
}

/** Returns the parameters of the scripts that add a node to its cluster; the image's units read them from node.env. */
export function nodeParameters(node: Node, { clusterName, network }: ClusterIdentity) {
  return {
    NODE_NAME: node.name,
    CLUSTER_NAME: clusterName,
    CLUSTER_DOMAIN: network.domain,
    POD_CIDR: network.podCidr,
    SERVICE_CIDR: network.serviceCidr,
  };
}

/** Arguments of a {@link Master}. */
export interface MasterArgs {
  /** Node of the control plane. Its address is known before it boots. */
  readonly node: Node;
  readonly platform: MachinePlatform;
  readonly identity: ClusterIdentity;
  readonly data: DataDisk;
  /** Arguments, feature gates, audit policy and metrics of the components. */
  readonly settings: ComponentSettings;
  /** Drain policy for workers. */
  readonly drain: DrainConfig;
  readonly timeouts: Timeouts;
  /** Identity of an earlier machine with this control plane's data. @default none */
  readonly kept?: Identity | undefined;
  /** Number of renewals of the certificates. A new number renews them and reads the kubeconfig again. @default none */
  readonly certificates?: string | undefined;
}

/** Result of init-control-plane. */
interface InitResult {
  kubernetesVersion: string;
}
const initShape = object({ kubernetesVersion: anyText });

/**
 * The control plane, ready to admit workers.
 *
 * Creates:
 *
 * 1. the data disk with etcd, certificates and keys,
 * 2. the machine,
 * 3. the command that grows the disk, once a larger one is desired,
 * 4. the step that initializes the control plane, or restores it on another machine,
 * 5. the step that writes the drain policy,
 * 6. the step that reads the administrator's kubeconfig.
 *
 * After a replacement of the machine, clients notice no change: address, host key and certificates stay.
 */
export class Master extends pulumi.ComponentResource {
  readonly node: Node;
  readonly machine: VirtualMachine;
  /** Connection for steps on the control plane. They wait until it is initialized and has the drain policy. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** host:port of the API server; known once the control plane is initialized. */
  readonly endpoint: pulumi.Output<string>;
  /** The administrator's kubeconfig. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Step after which the control plane is complete. */
  readonly ready: pulumi.Resource;
  /** Version of Kubernetes in the image, such as v1.36.3. */
  readonly kubernetesVersion: pulumi.Output<string>;
  /** Duration of each phase in seconds. */
  readonly timings: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: MasterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(resourceType.master, name, { node: args.node.name, addressing: args.node.addressing }, opts);
    const { node, platform, identity, data, settings, drain, timeouts, certificates } = args;
    // Left out until the first renewal, so that the inputs of the steps do not change before it.
    const renewal: Record<string, string> = certificates === undefined ? {} : { CERTIFICATES: certificates };
    this.node = node;
    const volume = dataVolume(name, platform, data, this);
    this.machine = new VirtualMachine(name, { node, platform, dataVolumeId: volume.id, kept: args.kept }, this);
    const { domainId } = this.machine;
    const growth = dataDiskGrowth(name, { node, platform, disk: data, path: volume.id, machine: this.machine }, this);
    // The control plane may need the space to start on a new machine.
    const connection = growth === undefined ? this.machine.connection : after(this.machine.connection, growth);
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
          // On another machine the step is updated, not replaced. A replacement would replace everything that depends on the
          // step, because its outputs would be unknown.
          MACHINE: domainId,
          ...renewal,
          ...componentParameters(settings, timeouts),
          ...approvalParameters(),
        },
        stdin: initConfiguration({ clusterName: identity.clusterName, node, network: identity.network }),
        // An update means that the state has an earlier run. The script then refuses a blank data disk.
        again: { script: "init-control-plane", limitMinutes: timeouts.init, repeated: true },
      },
      // Another cluster needs a first initialization. In a stack of an earlier release the trigger changes from none to a
      // value, which replaces nothing.
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
    const result = init.stdout.apply((text) => stepResult<InitResult>(`${name}${suffix.init}`, text, initShape));
    this.kubernetesVersion = result.kubernetesVersion;
    this.timings = init.stdout.apply((text) => secondsOf(`${name}${suffix.init}`, text));
    // Workers use this connection, so no worker is drained before the drain policy is written.
    this.connection = pulumi.all([connection, policy.id]).apply(([value]) => value);
    this.endpoint = pulumi.all([this.machine.address, init.id]).apply(([address]) => `${address}:6443`);

    const kubeconfig = remoteStep(
      `${name}${suffix.kubeconfig}`,
      {
        script: "print-kubeconfig",
        connection: this.connection,
        user,
        limitMinutes: 5,
        // A renewal updates the step, as it does for init.
        parameters: renewal,
        secretResult: true,
      },
      { parent: this },
    );
    this.ready = kubeconfig;
    this.kubeconfig = pulumi.secret(kubeconfig.stdout);
    this.registerOutputs({ endpoint: this.endpoint, kubernetesVersion: this.kubernetesVersion });
  }
}

/** Returns the parameters with the components' settings. */
function componentParameters(settings: ComponentSettings, { init }: Timeouts): Record<string, string | number> {
  return {
    ARGUMENTS: argumentLines(settings),
    ...restartLimit(init),
    ...settingsParameters(settings),
    ...kubeletParameters({}, settings, init),
  };
}

/**
 * Returns the parameters with a kubelet's settings; none without settings, so that the inputs of the step do not change.
 * @param limitMinutes Limit of the step.
 */
export function kubeletParameters(
  kubelet: KubeletConfig,
  { featureGates }: Pick<ComponentSettings, "featureGates">,
  limitMinutes: number,
): Record<string, string | number> {
  const text = kubeletDropIn(kubelet, featureGates);
  return text === "" ? {} : { KUBELET: text, ...restartLimit(limitMinutes) };
}

/** A script waits as long once more for the former settings, and needs time for its other phases. */
function restartLimit(limitMinutes: number) {
  return { RESTART_TIMEOUT_SECONDS: limitMinutes * 15 };
}
