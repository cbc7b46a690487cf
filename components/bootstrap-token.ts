import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { longestDrain } from "../config/drain.ts";
import { remoteStep } from "./remote-step.ts";
import { checkedSeconds } from "./step-seconds.ts";

/** What a {@link BootstrapToken} is made from. */
export interface BootstrapTokenArgs {
  /** Name of the worker that joins with it. */
  readonly workerName: string;
  /** Address of the worker's machine, which the network gets back when the worker leaves for good. */
  readonly workerAddress: pulumi.Input<string>;
  /** Address of the worker's network card. */
  readonly workerMac: string;
  /** UUID of the worker's domain: a new machine gets a new token, an old one never needs another. */
  readonly workerDomainId: pulumi.Input<string>;
  /** Changes when the worker has to be let in again although its machine is the same. */
  readonly generation: string;
  /** How to reach the control plane. */
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  readonly user: string;
  /** What goes only with the whole cluster; no node then has to leave one by one. */
  readonly cluster: pulumi.Resource;
  /** Life of the token in minutes. */
  readonly ttlMinutes: number;
}

/** What a worker joins with. */
export interface Token {
  token: string;
  caCertHash: string;
}

/**
 * A worker's admission to the cluster, on the control plane.
 *
 * Creates a command that mints a short-lived token when the worker's machine is there. Taking it back makes the worker
 * leave: cordon, drain, delete its Node. Because the token depends on the worker's domain, that happens before the
 * domain goes.
 */
export class BootstrapToken extends pulumi.ComponentResource {
  /** The token and the hash of the CA's public key. Secret. */
  readonly value: pulumi.Output<Token>;
  /** Seconds that minting took, as the phase `token`; empty when the control plane reports none that make sense. */
  readonly seconds: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: BootstrapTokenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:BootstrapToken", name, { worker: args.workerName }, opts);
    const worker = { WORKER_NAME: args.workerName, WORKER_ADDRESS: args.workerAddress };
    const minting = { limitMinutes: 5, parameters: { ...worker, TOKEN_TTL_MINUTES: args.ttlMinutes } };
    const command = remoteStep(
      name,
      {
        script: "mint-token",
        connection: args.connection,
        user: args.user,
        ...minting,
        // Minting makes way for a new machine, which must not happen to the worker that is there.
        again: { script: "renew-token", ...minting },
        triggers: [args.workerDomainId, args.generation],
        secretResult: true,
        undo: {
          script: "leave",
          // The drain's own limit comes first, whatever it is by then; the API server may have to come back before it.
          limitMinutes: longestDrain + 20,
          parameters: { ...worker, WORKER_MAC: args.workerMac },
        },
      },
      {
        parent: this,
        // Leaving comes first: afterwards it would take out the very worker that has just joined again.
        deleteBeforeReplace: true,
        // Destroying a cluster would otherwise drain it node by node, and fail where the control plane is dead already.
        deletedWith: args.cluster,
      },
    );
    this.value = pulumi.secret(command.stdout.apply((text) => JSON.parse(text) as Token));
    // A duration tells nothing of the token it came with.
    this.seconds = pulumi.unsecret(
      command.stdout.apply((text) =>
        checkedSeconds(name, { token: (JSON.parse(text) as { seconds?: unknown }).seconds }),
      ),
    );
    this.registerOutputs({});
  }
}
