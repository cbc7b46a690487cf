import { execa, type Options } from "execa";
import { accessSync, constants as access } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { isatty } from "node:tty";
import { logLine } from "./log.ts";
import { quoted } from "./shell.ts";

/** How a program is run. */
export interface RunOptions {
  /** Milliseconds after which the program is stopped. @default 60_000 */
  readonly timeout?: number;
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads from its standard input. @default nothing */
  readonly input?: string;
}

/** PATH with the administrator's directories, which a plain user's session often lacks. */
export function searchPath(environment: NodeJS.ProcessEnv = process.env): string {
  return [environment.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter);
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws when it fails or takes too long, with the command and the last lines it printed.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeout = 60_000, cwd, env, input } = options;
  const result = await execa(program, args, {
    all: true,
    env: { PATH: searchPath(), ...env },
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    timeout,
    forceKillAfterDelay: 5_000,
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (!result.failed) return result.stdout;
  const why = result.timedOut
    ? `did not end within ${timeout / 1000} s`
    : result.code === "ENOENT"
      ? "not installed"
      : `exit code ${result.exitCode ?? result.signal}`;
  throw new Error(
    `${program} ${args.join(" ")}: ${why}\n${result.all.trim().split("\n").slice(-30).join("\n")}`.trim(),
  );
}

/** How a program is run on this terminal. */
export interface InteractiveOptions extends Pick<RunOptions, "cwd" | "env"> {
  /** Takes what the program prints, beside whoever is watching. */
  readonly onOutput?: (text: string) => void;
}

/** Whether a person sits at both ends: what Pulumi asks for before it draws its display and puts its question. */
export function onTerminal(): boolean {
  return isatty(0) && isatty(1);
}

/**
 * Runs a program on this terminal, for as long as it takes.
 * @returns its exit code; 128 and the signal's number when a signal ended it.
 */
export async function runInteractively(
  program: string,
  args: readonly string[],
  options: InteractiveOptions = {},
): Promise<number> {
  const { cwd, env } = options;
  const terminal = options.onOutput !== undefined && onTerminal();
  const hidden = terminal && which("script") === undefined;
  if (hidden) logLine("what it prints is not kept: there is no `script` (Debian package bsdutils)");
  const onOutput = hidden ? undefined : options.onOutput;
  const [file, ...rest] = terminal && !hidden ? underTerminal([program, ...args], env) : [program, ...args];
  let running: { readonly kill: (signal: NodeJS.Signals) => boolean } | undefined;
  // Ctrl-C reaches the program from the terminal. What this process alone is sent, or outlives, it hands on as a request to
  // end in order.
  const handOn = (signal: NodeJS.Signals) => void (signal === "SIGINT" || running?.kill("SIGTERM"));
  return outlivingInterrupt(async () => {
    const common = {
      env: env ?? {},
      extendEnv: env === undefined,
      reject: false,
      // Pulumi ends an update in order, which takes as long as the step it is at.
      forceKillAfterDelay: false,
      ...(cwd === undefined ? {} : { cwd }),
    } as const;
    const subprocess =
      onOutput === undefined ? execa(file, rest, { ...common, stdio: "inherit" }) : tee(file, rest, common, onOutput);
    running = subprocess;
    const { exitCode, signal, code } = await subprocess;
    if (code === "ENOENT") throw new Error(`${file} is not installed`);
    return exitCode ?? 128 + (signal === undefined ? constants.signals.SIGINT : constants.signals[signal]);
  }, handOn);
}

/** What ends a program: Ctrl-C, the end of its terminal, and `kill`. */
const endings = ["SIGINT", "SIGHUP", "SIGTERM"] as const;

/**
 * Does work with a program that Ctrl-C, or the end of its terminal, reaches as well. Were this process to end at once, the
 * program would lose its parent while it still undoes its work, and what is to follow it would not.
 * @param onSignal Called at each Ctrl-C, hang-up or request to end meanwhile.
 */
export async function outlivingInterrupt<T>(
  work: () => Promise<T>,
  onSignal: (signal: NodeJS.Signals) => void = () => undefined,
): Promise<T> {
  for (const signal of endings) process.on(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of endings) process.off(signal, onSignal);
  }
}

/** Starts a program whose output goes on as before, and to `onOutput` as well. */
function tee(file: string, args: readonly string[], common: Options, onOutput: (text: string) => void) {
  const subprocess = execa(file, args, {
    ...common,
    stdin: "inherit",
    stdout: ["inherit", "pipe"],
    stderr: ["inherit", "pipe"],
    // Kept by whoever takes it; Execa's own copy would be a second, and has a limit that ends the program.
    buffer: false,
  });
  for (const stream of [subprocess.stdout, subprocess.stderr]) {
    const decoder = new TextDecoder();
    stream.on("data", (chunk: Uint8Array) => onOutput(decoder.decode(chunk, { stream: true })));
  }
  return subprocess;
}

/**
 * The command that runs a program on a terminal of its own, made by `script` of util-linux, which hands on what is typed
 * and passes what is printed through its standard output. Nothing lands in a file: the typescript is /dev/null.
 */
function underTerminal(command: readonly string[], env: NodeJS.ProcessEnv = process.env): [string, ...string[]] {
  // script starts the user's shell, whose quoting may be another; the program still sees the user's.
  const { SHELL = "/bin/sh" } = env;
  const line = ["exec", "env", `SHELL=${SHELL}`, ...command].map(quoted).join(" ");
  return ["env", "SHELL=/bin/sh", "script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"];
}

/** The path of a program, or undefined when it is not installed. */
export function which(program: string, path = searchPath()): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((candidate) => {
      try {
        accessSync(candidate, access.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
