import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { installedInput, startInstalled } from "../guest/installed-script.ts";
import type { GuestScript, ScriptStart } from "../guest/script.ts";

/**
 * Number of attempts to connect that may fail. sshd answers up to 20 s after the host key exists; 60 attempts 5 s apart take
 * 5 minutes.
 */
export const dialErrorLimit = 60;

/** Longest time of connecting in minutes: an attempt takes up to the command plugin's 15 s, and the next one starts 5 s later. */
const connecting = (dialErrorLimit * (15 + 5)) / 60;

/** A script, its parameters and its options. */
interface ScriptUse extends Omit<ScriptStart, "user"> {
  readonly script: GuestScript;
  readonly parameters?: Readonly<Record<string, pulumi.Input<string | number>>>;
}

/** Arguments of {@link remoteStep}. */
export interface RemoteStepArgs extends ScriptUse {
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  /** User for ssh. */
  readonly user: string;
  /** Standard input of the script, the only place for secrets. @default empty */
  readonly stdin?: pulumi.Input<string>;
  /** Values whose change replaces the step, such as the id of its machine. @default none */
  readonly triggers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether the result is a secret, which is neither printed nor stored in clear text. @default false */
  readonly secretResult?: boolean;
  /**
   * Script of an update, when an input changes after the first run. The same script with another limit gets the parameters
   * of the first. @default the same script
   */
  readonly again?: ScriptUse;
  /** Script that runs on the same node when the step is deleted. @default none */
  readonly undo?: ScriptUse;
}

/**
 * Creates the command that runs an installed script of guest/ on a node. It has a time limit, prints its progress, and keeps its stdout
 * as the result. A change of the script or of a parameter runs it again as an update, so every script is repeatable.
 *
 * Two limits apply: the node kills the script, and the plugin ends the command two minutes later. The second one is for a node
 * that hangs or is compromised. The fallback plugin enforces it; the official plugin (1.2.1) enforces it only while it
 * connects.
 */
export function remoteStep(name: string, args: RemoteStepArgs, opts: pulumi.CustomResourceOptions): remote.Command {
  const { user, again, undo, stdin = "" } = args;
  const uses = [args, again?.script === args.script ? undefined : again, undo].filter((use) => use !== undefined);
  return new remote.Command(
    name,
    {
      connection: args.connection,
      create: startInstalled({ ...args, user }),
      ...(again ? { update: startInstalled({ ...again, user }) } : {}),
      ...(undo ? { delete: startInstalled({ ...undo, user }) } : {}),
      stdin: inputOf(uses, stdin),
      ...(args.triggers === undefined ? {} : { triggers: args.triggers }),
      // The program reads stdout, the operator reads stderr.
      logging: remote.Logging.Stderr,
      // sshd accepts only variables that its configuration lists, and a result may be a secret.
      addPreviousOutputInEnv: false,
    },
    {
      ...opts,
      ...(args.secretResult ? { additionalSecretOutputs: ["stdout"] } : {}),
      // A node that never ends a script, or never answers, would otherwise block the whole run.
      customTimeouts: {
        create: limitOf(args),
        update: limitOf(again ?? args),
        ...(undo ? { delete: limitOf(undo) } : {}),
      },
    },
  );
}

/**
 * Standard input of the command. Each output is in the list once, whatever the number of its uses. `pulumi.all` makes two outputs
 * for each value and one for each object, and every worker has three steps.
 */
function inputOf(uses: readonly ScriptUse[], stdin: pulumi.Input<string>): pulumi.Input<string> {
  const values = [stdin, ...uses.flatMap(({ parameters = {} }) => Object.values(parameters))];
  const outputs = [...new Set(values.filter((value) => typeof value === "object"))];
  const write = (known: readonly (string | number)[]) => {
    const plain = <T extends string | number>(value: pulumi.Input<T>) =>
      (typeof value === "object" ? known[outputs.indexOf(value)] : value) as T;
    const calls = uses.map(({ script, parameters = {} }) => ({
      script,
      parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, plain(value)])),
    }));
    return installedInput(calls, plain(stdin));
  };
  return outputs.length === 0 ? write([]) : pulumi.all(outputs).apply(write);
}

/** Limit of an operation: connecting, the script's own limit, and two minutes of margin. */
function limitOf({ limitMinutes }: ScriptUse): string {
  return `${limitMinutes + connecting + 2}m`;
}
