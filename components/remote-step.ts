import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { guestScript, type GuestScript, type ScriptRun } from "../guest/script.ts";

/** One script run on one node. */
export interface RemoteStepArgs extends Omit<ScriptRun, "parameters"> {
  readonly script: GuestScript;
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  readonly parameters?: Readonly<Record<string, pulumi.Input<string | number>>>;
  /** What the script reads; the place for secrets. */
  readonly stdin?: pulumi.Input<string>;
  /** Values that make it another step altogether, such as the machine it ran on. */
  readonly triggers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether the result is a secret; it is then neither shown nor stored in clear. @default false */
  readonly secretResult?: boolean;
  /** Script to run on the same node when the step is taken back, with its own parameters. */
  readonly undo?: { script: GuestScript } & Pick<RemoteStepArgs, "limitMinutes" | "parameters">;
}

/**
 * Makes the command that runs a script of guest/ on a node: bounded in time, its progress streamed, its stdout kept as
 * the result. A changed script or parameter runs it again in place, so every script is repeatable.
 */
export function remoteStep(name: string, args: RemoteStepArgs, opts: pulumi.CustomResourceOptions): remote.Command {
  const render = ({ script, limitMinutes, parameters = {} }: NonNullable<RemoteStepArgs["undo"]>) =>
    pulumi
      .output(parameters)
      .apply((values) => guestScript(script, { user: args.user, limitMinutes, parameters: values }));
  return new remote.Command(
    name,
    {
      connection: args.connection,
      create: render(args),
      ...(args.undo ? { delete: render(args.undo) } : {}),
      ...(args.stdin === undefined ? {} : { stdin: args.stdin }),
      ...(args.triggers === undefined ? {} : { triggers: args.triggers }),
      // Results are for the program, progress is for the operator.
      logging: remote.Logging.Stderr,
      // sshd refuses environment variables it was not told of, and a result may be a secret.
      addPreviousOutputInEnv: false,
    },
    args.secretResult ? { ...opts, additionalSecretOutputs: ["stdout"] } : opts,
  );
}
