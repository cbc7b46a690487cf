import * as pulumi from "@pulumi/pulumi";
import type { Taint } from "../config/nodes.ts";
import type { Timeouts } from "../config/timeouts.ts";
import { joinConfiguration } from "../kubeadm/join-configuration.ts";
import type { Node } from "../topology.ts";
import { BootstrapToken } from "./bootstrap-token.ts";
import { nodeParameters, type ClusterIdentity, type Master } from "./master.ts";
import { remoteStep } from "./remote-step.ts";
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
}

/**
 * A worker that has joined; it is Ready only when {@link NodeReadiness} says so.
 *
 * Creates: 1. the machine, which boots while the control plane is made; 2. its token; 3. the step that joins it.
 */
export class Worker extends pulumi.ComponentResource {
  readonly node: Node;
  readonly machine: VirtualMachine;
  /** Id of the join; whoever uses it waits for the join. */
  readonly joined: pulumi.Output<string>;
  /** Seconds of each phase. */
  readonly timings: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Worker", name, { node: args.node.name }, opts);
    const { node, platform, identity, master, timeouts, labels, taints } = args;
    const user = platform.ssh.user;
    this.node = node;
    this.machine = new VirtualMachine(name, { node, platform }, { parent: this });
    const { address, connection, domainId } = this.machine;

    const token = new BootstrapToken(
      `${name}-token`,
      {
        workerName: node.name,
        workerAddress: address,
        workerDomainId: domainId,
        connection: master.connection,
        user,
        masterDomain: master.machine.domain,
        ttlMinutes: args.tokenTtlMinutes,
        drainTimeoutMinutes: timeouts.drain,
      },
      // Minting is quick; waiting for the earlier wave here keeps the token young when its turn comes.
      { parent: this, ...(args.after ? { dependsOn: [args.after] } : {}) },
    );
    const join = remoteStep(
      `${name}-join`,
      {
        script: "join",
        connection,
        user,
        limitMinutes: timeouts.join,
        parameters: { ...nodeParameters(node, identity), NODE_ADDRESS: address },
        stdin: pulumi
          .all([token.value, address, master.endpoint])
          .apply(([{ token, caCertHash }, address, endpoint]) =>
            joinConfiguration({ name: node.name, address, endpoint, token, caCertHash, labels, taints }),
          ),
        triggers: [domainId],
      },
      { parent: this },
    );
    this.joined = join.id;
    this.timings = join.stdout.apply((text) => (JSON.parse(text) as { seconds: Record<string, number> }).seconds);
    this.registerOutputs({ node: node.name, address });
  }
}
