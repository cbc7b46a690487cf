import * as pulumi from "@pulumi/pulumi";
import type { KubeletConfig } from "../config/kubelet.ts";
import type { Taint } from "../config/nodes.ts";
import type { Timeouts } from "../config/timeouts.ts";
import { joinConfiguration } from "../kubeadm/join-configuration.ts";
import { shortDigest } from "../lib/digest.ts";
import { imageLabel, poolLabel, resourceType, suffix } from "../names.ts";
import type { Node } from "../topology.ts";
import { after } from "./after.ts";
import { BootstrapToken } from "./bootstrap-token.ts";
import { kubeletParameters, nodeParameters, type ClusterIdentity, type Master } from "./master.ts";
import { remoteStep } from "./remote-step.ts";
import { secondsOf } from "./step-seconds.ts";
import { VirtualMachine, type MachinePlatform } from "./virtual-machine.ts";

/** Arguments of a {@link Worker}. */
export interface WorkerArgs {
  readonly node: Node;
  readonly platform: MachinePlatform;
  readonly identity: ClusterIdentity;
  readonly master: Master;
  readonly timeouts: Timeouts;
  readonly tokenTtlMinutes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Fields of the kubelet's configuration. */
  readonly kubelet: KubeletConfig;
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Worker whose machine must have booted before this one boots, which limits the number of boots at a time. */
  readonly bootsAfter: Worker | undefined;
  /** Worker that must be Ready before this one joins, which limits the number of joins at a time. */
  readonly joinsAfter: Worker | undefined;
  /** Steps that must be complete before the worker's machine is replaced; undefined for a machine that stays or is new. */
  readonly waitsFor: readonly Promise<pulumi.Resource>[] | undefined;
  /** Changes when the worker must join again although its machine is the same. */
  readonly generation: string;
}

/**
 * A worker of the cluster.
 *
 * Creates these resources, eight with itself. Each further resource makes the state of a large cluster larger.
 *
 * 1. the machine, which boots while the control plane is initialized,
 * 2. the token,
 * 3. the step that joins the worker,
 * 4. the step that applies labels and taints and waits until the worker is Ready.
 */
export class Worker extends pulumi.ComponentResource {
  readonly node: Node;
  readonly machine: VirtualMachine;
  /** Changes with each join. A resource that uses it waits until the worker is Ready. */
  readonly joined: pulumi.Output<string>;
  /** Step after which the worker is Ready. */
  readonly ready: pulumi.Resource;
  /** Duration of each phase in seconds. */
  readonly timings: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super(resourceType.worker, name, { node: args.node.name, addressing: args.node.addressing }, opts);
    const { node, platform, identity, master, timeouts, labels, taints } = args;
    const user = platform.ssh.user;
    this.node = node;
    this.machine = new VirtualMachine(
      name,
      {
        node,
        platform,
        bootsAfter: args.bootsAfter?.machine.booted,
        // The control plane is replaced before the workers, because it drains and admits them.
        replacedAfter: args.waitsFor === undefined ? [] : [master.ready, ...args.waitsFor],
      },
      this,
    );
    const { address, connection, domainId } = this.machine;

    const token = new BootstrapToken(
      `${name}${suffix.token}`,
      {
        workerName: node.name,
        workerAddress: address,
        workerMac: node.mac,
        workerDomainId: domainId,
        generation: args.generation,
        // The token waits instead of the join, because its lifetime begins with its creation.
        connection: after(master.connection, args.joinsAfter?.ready),
        user,
        cluster: platform.cluster,
        prior: platform.prior,
        ttlMinutes: args.tokenTtlMinutes,
      },
      this,
    );
    const join = remoteStep(
      `${name}${suffix.join}`,
      {
        script: "join",
        connection,
        user,
        limitMinutes: timeouts.join,
        parameters: {
          ...nodeParameters(node, identity),
          NODE_ADDRESS: address,
          ...kubeletParameters(args.kubelet, args, timeouts.join),
        },
        stdin: token.value.apply(({ token, caCertHash }) =>
          pulumi
            .all([address, master.endpoint])
            .apply(([address, endpoint]) =>
              joinConfiguration({ name: node.name, address, endpoint, token, caCertHash, taints }),
            ),
        ),
        triggers: [domainId, args.generation],
      },
      { parent: this },
    );
    const ready = remoteStep(
      `${name}${suffix.ready}`,
      {
        script: "worker-ready",
        connection: master.connection,
        user,
        // The script waits twice this long, and makes a few calls before. The API server may take ten minutes to start.
        limitMinutes: 2 * timeouts.ready + 15,
        parameters: {
          WORKER_NAME: node.name,
          READY_TIMEOUT_SECONDS: timeouts.ready * 60,
          TAINTS: taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`).join(" "),
        },
        stdin: nodeLabels(node, labels),
        // The machine's id, by which the next run decides whether the worker was Ready on this machine.
        triggers: [join.id, domainId],
      },
      { parent: this },
    );
    this.ready = ready;
    this.joined = ready.id;
    this.timings = token.seconds.apply((minted) =>
      pulumi.all([join.stdout, ready.stdout]).apply(([joined, seen]): Record<string, number> => ({
        ...secondsOf(`${name}${suffix.join}`, joined),
        ...minted,
        ...secondsOf(`${name}${suffix.ready}`, seen),
      })),
    );
    this.registerOutputs({ node: node.name, address });
  }
}

/** Returns the Node with its desired labels, for `kubectl apply`. */
function nodeLabels(node: Node, labels: Readonly<Record<string, string>>): string {
  const ours = {
    [imageLabel]: shortDigest(node.image.sha256),
    ...(node.pool === undefined ? {} : { [poolLabel]: node.pool }),
  };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: node.name, labels: { ...labels, ...ours } },
  });
}
