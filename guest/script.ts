import { readFileSync } from "node:fs";
import { readDeclaration } from "../image/declaration.ts";
import { quoted } from "../lib/shell.ts";

/** Name of a script that runs on nodes: a file of this folder, without its ending. */
export type GuestScript =
  | "init-control-plane"
  | "approve-joins"
  | "approve-kubelets"
  | "print-kubeconfig"
  | "set-drain-policy"
  | "mint-token"
  | "renew-token"
  | "join"
  | "worker-ready"
  | "leave"
  | "wait-ready"
  | "simulate-nodes"
  | "remove-simulated-nodes"
  | "diagnose"
  | "backup-control-plane"
  | "restore-control-plane"
  | "cis-facts"
  | "bench-receive"
  | "bench-images"
  | "bench-activate"
  | "bench-observe"
  | "bench-journal"
  | "bench-restore";

/** A script with the parameters that its head names. No parameter is a secret: the state and diffs show them. */
export interface ScriptCall {
  readonly script: GuestScript;
  readonly parameters?: Readonly<Record<string, string | number>>;
}

/** Options of starting a script. */
export interface ScriptStart {
  readonly script: GuestScript;
  /** User that logs in; any but root goes through sudo. */
  readonly user: string;
  /** Limit of the whole script in minutes, after which it is killed. */
  readonly limitMinutes: number;
  /** Sets REPEATED: the stack's state has an earlier run of the script. @default false */
  readonly repeated?: boolean;
}

/** Contract of the image that the scripts need; check_image in lib/common.sh compares it. */
const { contract } = readDeclaration();

/**
 * Returns the command that starts a script that is not installed (installed-script.ts), as `diagnose` runs it on any node. The
 * script arrives on the command's standard input.
 *
 * The command is short because every error message contains it.
 */
export function startScript(start: ScriptStart): string {
  return startProgram(start, `read -r size; eval "$(head -c "$size")"`, start.script);
}

/** Returns the command that runs a Bash program with the limit, user and variable of a start. The program's $0 is its name. */
export function startProgram(
  { user, limitMinutes, repeated = false }: ScriptStart,
  program: string,
  name: string,
): string {
  const elevate = user === "root" ? "" : "sudo -n ";
  // Not a parameter: the parameters of the first run and of later runs would differ.
  const variable = repeated ? "env REPEATED=yes " : "";
  // A second signal after 10 s, because a shell handles the first only after its child has ended.
  return `${elevate}timeout --kill-after 10 ${limitMinutes * 60} ${variable}bash -c '${program}' ${name}`;
}

/**
 * Returns the standard input of {@link startScript}'s command: the length of the program in bytes, the program, and the
 * script's own standard input.
 *
 * The program contains every script of a command, because its creation, update and deletion have one standard input. The
 * started script's name selects one. Parameters are assignments in the text, because sshd accepts only
 * environment variables that its configuration lists.
 */
export function scriptInput(calls: readonly ScriptCall[], stdin = ""): string {
  const program = `case $0 in\n${calls.map((call) => `${call.script})\n${scriptText(call)};;\n`).join("")}esac\n`;
  return `${Buffer.byteLength(program)}\n${program}${stdin}`;
}

/** Returns the text of one script as it runs: its parameters and the contract, and the script with the files that it sources. */
export function scriptText({ script, parameters = {} }: ScriptCall): string {
  return parameterAssignments(parameters) + scriptBody(script);
}

/** Returns assignments of parameters, one a line. */
export function parameterAssignments(parameters: Readonly<Record<string, string | number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${quoted(String(value))}\n`)
    .join("");
}

/** Returns the text of a script without parameters: the contract, and the script with the files that it sources. */
export function scriptBody(script: GuestScript): string {
  // A node gets one text, so the files take the place of the lines that source them. No file of lib/ sources another.
  const body = read(`${script}.sh`).replaceAll(/^source (lib\/[a-z-]+\.sh)\n/gm, (_, file: string) => read(file));
  return parameterAssignments({ IMAGE_CONTRACT: contract }) + body;
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
