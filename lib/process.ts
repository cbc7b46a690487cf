import { execa, type Options } from "execa";
import { accessSync, constants as access } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { isatty } from "node:tty";
import { logLine } from "./log.ts";
import { quoted } from "./shell.ts";

/** Options of a program. */
export interface RunOptions {
  /** Limit in milliseconds; the program is stopped then. @default 60_000 */
  readonly timeout?: number;
  readonly cwd?: string;
  /** Variables to add to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Text of its standard input. @default nothing */
  readonly input?: string;
  /** Stops the program. */
  readonly signal?: AbortSignal;
}

/** Returns PATH with the administrator's directories, which the session of a plain user often lacks. */
export function searchPath(environment: NodeJS.ProcessEnv = process.env): string {
  return [environment.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter);
}

/**
 * Runs a program and returns its standard output.
 * @throws if it fails or takes too long; the error has the command and the last lines of output.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeout = 60_000, cwd, env, input, signal } = options;
  const result = await execa(program, args, {
    all: true,
    env: { PATH: searchPath(), ...env },
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    timeout,
    forceKillAfterDelay: 5_000,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
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

/** Options of a program on this terminal. */
export interface InteractiveOptions extends Pick<RunOptions, "cwd" | "env"> {
  /** Receives the output of the program. */
  readonly onOutput?: OutputReceiver;
}

/** Receives the output of a program, which the terminal shows, too. */
export interface OutputReceiver {
  (text: string): void;
  /** Whether the terminal does not show the present output. @default never */
  readonly hides?: () => boolean;
}

/** Whether input and output are a terminal. Only then does Pulumi draw its display and ask its question. */
export function onTerminal(): boolean {
  return isatty(0) && isatty(1);
}

/**
 * Runs a program on this terminal, without a limit.
 * @returns its exit code; 128 plus the number of the signal if a signal ended it.
 */
export async function runInteractively(
  program: string,
  args: readonly string[],
  options: InteractiveOptions = {},
): Promise<number> {
  const { cwd, env } = options;
  const terminal = options.onOutput !== undefined && onTerminal();
  const hidden = terminal && which("script") === undefined;
  if (hidden)
    logLine("the output of the program is not recorded, because `script` is missing (Debian package bsdutils)");
  const onOutput = hidden ? undefined : options.onOutput;
  const [file, ...rest] = terminal && !hidden ? underTerminal([program, ...args], env) : [program, ...args];
  let running: { readonly kill: (signal: NodeJS.Signals) => boolean } | undefined;
  // Ctrl-C reaches the program from the terminal. Every other signal reaches this process alone, which passes it on as a
  // request for a clean end.
  const handOn = (signal: NodeJS.Signals) => void (signal === "SIGINT" || running?.kill("SIGTERM"));
  return outlivingInterrupt(async () => {
    const common = {
      env: env ?? {},
      extendEnv: env === undefined,
      reject: false,
      // Pulumi ends an update cleanly, which takes as long as its present step.
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

/** Signals that end a program: Ctrl-C, the end of its terminal, and `kill`. */
const endings = ["SIGINT", "SIGHUP", "SIGTERM"] as const;

/**
 * Runs work that outlives Ctrl-C and the end of the terminal. They reach the program that the work runs, too. If this process
 * ended at once, the program would lose its parent during its clean-up, and the steps after it would be lost.
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

/** Starts a program whose output goes to `onOutput`, and to this process's output where `onOutput` does not hide it. */
function tee(file: string, args: readonly string[], common: Options, onOutput: OutputReceiver) {
  const passing = () => {
    const decoder = new TextDecoder();
    return {
      *transform(chunk: unknown) {
        onOutput(decoder.decode(chunk as Uint8Array, { stream: true }));
        if (onOutput.hides?.() !== true) yield chunk;
      },
      binary: true,
    };
  };
  return execa(file, args, {
    ...common,
    stdin: "inherit",
    stdout: [passing(), "inherit"],
    stderr: [passing(), "inherit"],
    // `onOutput` keeps the output. Execa's copy would be a second one, and its limit would end the program.
    buffer: false,
  });
}

/**
 * Returns the command that runs a program on a terminal of its own. `script` of util-linux makes the terminal, and passes
 * input and output through. No output reaches a file, because the typescript is /dev/null.
 */
function underTerminal(command: readonly string[], env: NodeJS.ProcessEnv = process.env): [string, ...string[]] {
  // script would start the user's shell, which may quote differently. The program still sees the user's SHELL.
  const { SHELL = "/bin/sh" } = env;
  const line = ["exec", "env", `SHELL=${SHELL}`, ...command].map(quoted).join(" ");
  return ["env", "SHELL=/bin/sh", "script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"];
}

/** Returns the path of a program, or undefined if it is not installed. */
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
