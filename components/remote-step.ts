import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { scriptInput, startScript, type GuestScript, type ScriptStart } from "../guest/script.ts";

/** How many failed attempts to connect are borne: sshd answers up to 20 s after the host key exists; 5 s apart, this is 5 minutes. */
export const dialErrorLimit = 60;

/** Longest that connecting can take, in minutes: an attempt may last the command plugin's 15 s, and the next comes 5 s later. */
const connecting = (dialErrorLimit * (15 + 5)) / 60;

/** A script and its parameters, some of which are known only later. */
interface ScriptUse extends Omit<ScriptStart, "user"> {
  readonly script: GuestScript;
  readonly parameters?: Readonly<Record<string, pulumi.Input<string | number>>>;
}

/** One script run on one node. */
export interface RemoteStepArgs extends ScriptUse {
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  /** User that logs in. */
  readonly user: string;
  /** What the script reads; the place for secrets. */
  readonly stdin?: pulumi.Input<string>;
  /** Values that make it another step altogether, such as the machine it ran on. */
  readonly triggers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether the result is a secret; it is then neither shown nor stored in clear. @default false */
  readonly secretResult?: boolean;
  /**
   * Script to run instead when the step was done already and something about it changed; the same one with other limits has
   * the parameters of the first. @default the same
   */
  readonly again?: ScriptUse;
  /** Script to run on the same node when the step is taken back. */
  readonly undo?: ScriptUse;
}

/**
 * Makes the command that runs a script of guest/ on a node: bounded in time, its progress streamed, its stdout kept as
 * the result. A changed script or parameter runs it again in place, so every script is repeatable.
 *
 * The limit holds twice: on the node, where the script is killed, and here two minutes later, because a node that hangs or
 * was taken over kills nothing. The stand-in for the command plugin keeps the second one; the official plugin (1.2.1) does
 * so only while it connects.
 */
export function remoteStep(name: string, args: RemoteStepArgs, opts: pulumi.CustomResourceOptions): remote.Command {
  const { user, again, undo, stdin = "" } = args;
  const uses = [args, again?.script === args.script ? undefined : again, undo].filter((use) => use !== undefined);
  const calls = uses.map(({ script, parameters = {} }) => ({ script, parameters }));
  return new remote.Command(
    name,
    {
      connection: args.connection,
      create: startScript({ ...args, user }),
      ...(again ? { update: startScript({ ...again, user }) } : {}),
      ...(undo ? { delete: startScript({ ...undo, user }) } : {}),
      stdin: pulumi.all([calls, stdin]).apply(([known, text]) => scriptInput(known, text)),
      ...(args.triggers === undefined ? {} : { triggers: args.triggers }),
      // Results are for the program, progress is for the operator.
      logging: remote.Logging.Stderr,
      // sshd refuses environment variables it was not told of, and a result may be a secret.
      addPreviousOutputInEnv: false,
    },
    {
      ...opts,
      ...(args.secretResult ? { additionalSecretOutputs: ["stdout"] } : {}),
      // A node that never ends a step, or never answers, would otherwise hold the whole run.
      customTimeouts: {
        create: limitOf(args),
        update: limitOf(again ?? args),
        ...(undo ? { delete: limitOf(undo) } : {}),
      },
    },
  );
}

/** Limit of a whole operation: what the script may take on the node, connecting before it, and two minutes to spare. */
function limitOf({ limitMinutes }: ScriptUse): string {
  return `${limitMinutes + connecting + 2}m`;
}
