import * as pulumi from "@pulumi/pulumi";
import type { Taint } from "../config/nodes.ts";
import type { Timeouts } from "../config/timeouts.ts";
import { joinConfiguration } from "../kubeadm/join-configuration.ts";
import { imageLabel, poolLabel, shortDigest, suffix } from "../names.ts";
import type { Node } from "../topology.ts";
import { BootstrapToken } from "./bootstrap-token.ts";
import { nodeParameters, type ClusterIdentity, type Master } from "./master.ts";
import { remoteStep } from "./remote-step.ts";
import { secondsOf } from "./step-seconds.ts";
import { VirtualMachine, type MachinePlatform } from "./virtual-machine.ts";

/** What a {@link Worker} is made from. */
export interface WorkerArgs {
  readonly node: Node;
  readonly platform: MachinePlatform;
  readonly identity: ClusterIdentity;
  readonly master: Master;
  readonly timeouts: Timeouts;
  readonly tokenTtlMinutes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Worker whose join has to be over first; what bounds how many join at a time. */
  readonly after: Worker | undefined;
  /** What has to be back before this worker's machine makes way for another one; empty where it need not. */
  readonly waitsFor: readonly pulumi.Input<pulumi.Resource>[];
  /** Changes when the worker has to join again although its machine is the same. */
  readonly generation: string;
}

/**
 * A worker of the cluster.
 *
 * Creates: 1. the machine, which boots while the control plane is made; 2. its token; 3. the step that joins it; 4. the step
 * that gives it its labels and taints and waits until it is Ready.
 */
export class Worker extends pulumi.ComponentResource {
  readonly node: Node;
  readonly machine: VirtualMachine;
  /** Changes with each join; whoever uses it waits until the worker does its part. */
  readonly joined: pulumi.Output<string>;
  /** The step after which the worker does its part. */
  readonly ready: pulumi.Resource;
  /** Seconds of each phase. */
  readonly timings: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Worker", name, { node: args.node.name }, opts);
    const { node, platform, identity, master, timeouts, labels, taints } = args;
    const user = platform.ssh.user;
    this.node = node;
    // Also its disks wait: made earlier, a rollout that stops would leave every other worker with a new disk it never used.
    this.machine = new VirtualMachine(name, { node, platform }, { parent: this, dependsOn: [...args.waitsFor] });
    const { address, connection, domainId } = this.machine;

    const token = new BootstrapToken(
      `${name}${suffix.token}`,
      {
        workerName: node.name,
        workerAddress: address,
        workerMac: node.mac,
        workerDomainId: domainId,
        generation: args.generation,
        connection: master.connection,
        user,
        cluster: platform.cluster,
        ttlMinutes: args.tokenTtlMinutes,
      },
      // Minting is quick; waiting for the earlier wave here keeps the token young when its turn comes.
      { parent: this, ...(args.after ? { dependsOn: [args.after] } : {}) },
    );
    const join = remoteStep(
      `${name}${suffix.join}`,
      {
        script: "join",
        connection,
        user,
        limitMinutes: timeouts.join,
        parameters: { ...nodeParameters(node, identity), NODE_ADDRESS: address },
        stdin: pulumi
          .all([token.value, address, master.endpoint])
          .apply(([{ token, caCertHash }, address, endpoint]) =>
            joinConfiguration({ name: node.name, address, endpoint, token, caCertHash, taints }),
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
        // Two waits of that length, and a few calls before them.
        limitMinutes: 2 * timeouts.ready + 5,
        parameters: {
          WORKER_NAME: node.name,
          READY_TIMEOUT_SECONDS: timeouts.ready * 60,
          TAINTS: taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`).join(" "),
        },
        stdin: nodeLabels(node, labels),
        // The machine's own, too: by it the next run knows whether this one is back.
        triggers: [join.id, domainId],
      },
      { parent: this },
    );
    this.ready = ready;
    this.joined = ready.id;
    this.timings = pulumi
      .all([token.seconds, join.stdout, ready.stdout])
      .apply(([minted, joined, seen]): Record<string, number> => ({
        ...secondsOf(`${name}${suffix.join}`, joined),
        ...minted,
        ...secondsOf(`${name}${suffix.ready}`, seen),
      }));
    this.registerOutputs({ node: node.name, address });
  }
}

/** The Node with the labels it shall have, as kubectl applies it. */
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
