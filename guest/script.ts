import { readFileSync } from "node:fs";
import { readDeclaration } from "../image/declaration.ts";
import { quoted } from "../lib/shell.ts";

/** The scripts that run on nodes; each is a file of this folder. */
export type GuestScript =
  | "init-control-plane"
  | "approve-joins"
  | "print-kubeconfig"
  | "set-drain-policy"
  | "mint-token"
  | "renew-token"
  | "join"
  | "worker-ready"
  | "leave"
  | "wait-ready"
  | "diagnose";

/** A script with what its head names as its parameters. Never a secret: state and diffs show them. */
export interface ScriptCall {
  readonly script: GuestScript;
  readonly parameters?: Readonly<Record<string, string | number>>;
}

/** How a script is started. */
export interface ScriptStart {
  readonly script: GuestScript;
  /** User that logs in; any but root goes through sudo. */
  readonly user: string;
  /** Limit of the whole script in minutes; it is killed then, whatever it waits for. */
  readonly limitMinutes: number;
  /** Whether the script is told, by REPEATED, that the stack remembers an earlier run of it. @default false */
  readonly repeated?: boolean;
}

/** What the scripts rely on of an image; check_image in common.sh judges by it. */
const { contract } = readDeclaration();

/**
 * The command that starts a script, which arrives on its standard input.
 *
 * It is short because it is part of every error message: the operator reads the script's own words, not its source.
 */
export function startScript({ script, user, limitMinutes, repeated = false }: ScriptStart): string {
  const elevate = user === "root" ? "" : "sudo -n ";
  // In the command and not among the parameters, which would then differ from those of the first run at every later one.
  const told = repeated ? "env REPEATED=yes " : "";
  // A second signal after 10 s, because a shell waits for its child before it heeds the first.
  return `${elevate}timeout --kill-after 10 ${limitMinutes * 60} ${told}bash -c 'read -r size; eval "$(head -c "$size")"' ${script}`;
}

/**
 * What {@link startScript} reads: the length of the program in bytes, the program, and then what its script reads itself.
 *
 * Several scripts can share it, because a command has one standard input for all it ever runs; the started one's name
 * chooses. Parameters are assignments in the text rather than the connection's environment, which sshd accepts only for
 * names its configuration lists.
 */
export function scriptInput(calls: readonly ScriptCall[], stdin = ""): string {
  const program = `case $0 in\n${calls.map((call) => `${call.script})\n${scriptText(call)};;\n`).join("")}esac\n`;
  return `${Buffer.byteLength(program)}\n${program}${stdin}`;
}

/** Text of one script as it runs: its parameters and the contract they all rely on, what all scripts share, and itself. */
export function scriptText({ script, parameters = {} }: ScriptCall): string {
  const all = { ...parameters, IMAGE_CONTRACT: contract };
  const assignments = Object.entries(all).map(([name, value]) => `${name}=${quoted(String(value))}\n`);
  return [...assignments, read("common"), read(script)].join("");
}

function read(name: string): string {
  return readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
}
