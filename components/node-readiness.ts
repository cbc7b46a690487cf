import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { resourceType } from "../names.ts";
import { remoteStep } from "./remote-step.ts";
import { secondsOf } from "./step-seconds.ts";

/** A node that must be Ready. */
export interface ExpectedNode {
  readonly name: string;
  /** Address for which its kubelet gets a serving certificate. */
  readonly address: pulumi.Output<string>;
  /** Changes with each join of the node. The check waits for it and runs again. */
  readonly joined: pulumi.Output<string>;
}

/** Arguments of {@link NodeReadiness}. */
export interface NodeReadinessArgs {
  /** Desired nodes. A removed worker is still in the cluster, because the engine deletes last. */
  readonly nodes: readonly ExpectedNode[];
  /** Connection to the control plane. */
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  readonly user: string;
  /** UUID of the control plane's domain. On another machine the check runs again. */
  readonly masterDomainId: pulumi.Input<string>;
  /** Changes when the check must run again although no node changes. */
  readonly generation: string;
  /** Time in minutes in which all nodes must become Ready. After that, their kubelets have as long for their certificates. */
  readonly timeoutMinutes: number;
}

/**
 * The step that waits until every desired node is in the cluster and Ready, and the API server can verify its kubelet.
 *
 * Creates a command on the control plane. While it waits it prints the missing nodes; at its end it revokes the join tokens.
 */
export class NodeReadiness extends pulumi.ComponentResource {
  /** Seconds from the last join until the cluster was Ready. */
  readonly timings: pulumi.Output<Record<string, number>>;
  /** Step after which all nodes are Ready. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: NodeReadinessArgs, opts?: pulumi.ComponentResourceOptions) {
    super(resourceType.nodeReadiness, name, { nodes: args.nodes.map((node) => node.name) }, opts);
    const lines = args.nodes.map(({ name, address, joined }) =>
      joined.apply((id) => address.apply((host) => `${name} ${host} ${id}\n`)),
    );
    const command = remoteStep(
      name,
      {
        script: "wait-ready",
        connection: args.connection,
        user: args.user,
        // Longer than the limits in the script, because the script's error names the missing nodes.
        limitMinutes: 2 * args.timeoutMinutes + 2,
        parameters: { READY_TIMEOUT_SECONDS: args.timeoutMinutes * 60 },
        stdin: pulumi.all(lines).apply((texts) => texts.join("")),
        triggers: [args.masterDomainId, args.generation],
      },
      { parent: this },
    );
    this.ready = command;
    this.timings = command.stdout.apply((text) => secondsOf(name, text));
    this.registerOutputs({ timings: this.timings });
  }
}
