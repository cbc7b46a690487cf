import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { remoteStep } from "./remote-step.ts";
import { secondsOf } from "./step-seconds.ts";

/** A node that has to be Ready. */
export interface ExpectedNode {
  readonly name: string;
  /** What is new whenever the node joined anew; the check waits for it and runs again. */
  readonly joined: pulumi.Input<string>;
}

/** What a {@link NodeReadiness} is made from. */
export interface NodeReadinessArgs {
  /** The nodes the cluster shall have. A worker that is taken away is still there: the engine deletes last. */
  readonly nodes: readonly ExpectedNode[];
  /** How to reach the control plane. */
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  readonly user: string;
  /** UUID of the control plane's domain; on another machine the check starts anew. */
  readonly masterDomainId: pulumi.Input<string>;
  /** Changes when the cluster has to be looked at again although nothing of it changes. */
  readonly generation: string;
  /** Limit in minutes. */
  readonly timeoutMinutes: number;
}

/**
 * The gate that opens when every expected node is in the cluster and Ready.
 *
 * Creates a command on the control plane that waits for it, says what is missing meanwhile, and in the end revokes the
 * join tokens.
 */
export class NodeReadiness extends pulumi.ComponentResource {
  /** Seconds the cluster took to become Ready after the last join. */
  readonly timings: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: NodeReadinessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:NodeReadiness", name, { nodes: args.nodes.map((node) => node.name) }, opts);
    const lines = args.nodes.map((node) => pulumi.interpolate`${node.name} ${node.joined}\n`);
    const command = remoteStep(
      name,
      {
        script: "wait-ready",
        connection: args.connection,
        user: args.user,
        // The script's own limit comes first, because it explains itself.
        limitMinutes: args.timeoutMinutes + 2,
        parameters: { READY_TIMEOUT_SECONDS: args.timeoutMinutes * 60 },
        stdin: pulumi.all(lines).apply((texts) => texts.join("")),
        triggers: [args.masterDomainId, args.generation],
      },
      { parent: this },
    );
    this.timings = command.stdout.apply((text) => secondsOf(name, text));
    this.registerOutputs({ timings: this.timings });
  }
}
