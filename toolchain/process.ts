import { execa } from "execa";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

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

/**
 * Runs a program on this terminal, for as long as it takes.
 * @returns its exit code; 128 and the signal's number when a signal ended it.
 */
export async function runInteractively(
  program: string,
  args: readonly string[],
  options: Pick<RunOptions, "cwd" | "env"> = {},
): Promise<number> {
  // Ctrl-C reaches the program from the terminal; were this process to end at once, the program would lose its parent
  // while it still undoes its work.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    const { exitCode, signal, code } = await execa(program, args, {
      env: options.env ?? {},
      extendEnv: options.env === undefined,
      reject: false,
      stdio: "inherit",
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (code === "ENOENT") throw new Error(`${program} is not installed`);
    return exitCode ?? (signal === "SIGTERM" ? 143 : 130);
  } finally {
    process.off("SIGINT", ignore);
  }
}

/** The path of a program, or undefined when it is not installed. */
export function which(program: string, path = searchPath()): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
