import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { longestDrain } from "../config/drain.ts";
import { object, text as anyText } from "../lib/outside.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { formerParent } from "./former-parent.ts";
import { remoteStep } from "./remote-step.ts";
import { stepResult } from "./step-result.ts";
import { checkedSeconds } from "./step-seconds.ts";

/** Arguments of a {@link BootstrapToken}. */
export interface BootstrapTokenArgs {
  /** Name of the worker that joins with the token. */
  readonly workerName: string;
  /** Address of the worker's machine. The lease is released when the worker is removed. */
  readonly workerAddress: pulumi.Input<string>;
  /** MAC address of the worker. */
  readonly workerMac: string;
  /** UUID of the worker's domain. Each machine gets one token. */
  readonly workerDomainId: pulumi.Input<string>;
  /** Changes when the worker must join again although its machine is the same. */
  readonly generation: string;
  /** Connection to the control plane. */
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  readonly user: string;
  /** Resource that is deleted only with the whole cluster. No worker is then drained. */
  readonly cluster: pulumi.Resource;
  /** State before this run. */
  readonly prior: PriorState;
  /** Lifetime of the token in minutes. */
  readonly ttlMinutes: number;
}

/** Credentials of a join. */
export interface Token {
  token: string;
  /** Hash of the CA's public key, as kubeadm writes it. */
  caCertHash: string;
}
const tokenShape = object({ token: anyText, caCertHash: anyText });

/**
 * The membership of a worker in the cluster, as a command on the control plane.
 *
 * Creates the command, which mints a short-lived token once the worker's machine runs. Its deletion removes the worker: cordon,
 * drain, delete the Node. The token depends on the worker's domain, so the engine removes the worker before the domain.
 */
export class BootstrapToken {
  /** The token and the hash of the CA's public key. Secret. */
  readonly value: pulumi.Output<Token>;
  /** Duration of minting in seconds, as the phase `token`; empty when the control plane reports no valid number. */
  readonly seconds: pulumi.Output<Record<string, number>>;

  /** @param parent Worker that the token is for. */
  constructor(name: string, args: BootstrapTokenArgs, parent: pulumi.Resource) {
    const worker = { WORKER_NAME: args.workerName, WORKER_ADDRESS: args.workerAddress };
    // Longer than a start of the API server.
    const minting = { limitMinutes: 12, parameters: { ...worker, TOKEN_TTL_MINUTES: args.ttlMinutes } };
    const command = remoteStep(
      name,
      {
        script: "mint-token",
        connection: args.connection,
        user: args.user,
        ...minting,
        // mint-token would remove the worker's Node to admit a new machine.
        again: { script: "renew-token", ...minting },
        triggers: [args.workerDomainId, args.generation],
        secretResult: true,
        undo: {
          script: "leave",
          // Longer than the drain, whose limit may change until then, and than a restart of the API server.
          limitMinutes: longestDrain + 20,
          parameters: { ...worker, WORKER_MAC: args.workerMac },
        },
      },
      {
        parent,
        aliases: formerParent(args.prior, parent, ["bootstrapToken", name]),
        // After the creation, the deletion would remove the worker that has just joined again.
        deleteBeforeReplace: true,
        // Otherwise `destroy` would drain every worker, and fail if the control plane is dead.
        deletedWith: args.cluster,
      },
    );
    this.value = pulumi.secret(command.stdout.apply((text) => stepResult<Token>(name, text, tokenShape)));
    // A duration reveals nothing about the token.
    this.seconds = pulumi.unsecret(
      command.stdout.apply((text) =>
        checkedSeconds(name, { token: stepResult<{ readonly seconds?: unknown }>(name, text).seconds }),
      ),
    );
  }
}
