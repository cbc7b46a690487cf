import { execa } from "execa";
import { searchPath } from "../../lib/process.ts";
import { item, type Item } from "./evidence.ts";

/** Limits of a diagnosis. Emulated nodes are slow, but the user waits for the result. */
export const limits = {
  /** Seconds for one item. */
  item: 60,
  /** Seconds for all items of a node over ssh. */
  node: 180,
  /** Seconds for all items; later ones are missing. */
  total: 270,
  /** Bytes of one program's output. */
  bytes: 8 * 2 ** 20,
  /** Lines kept of a journal. */
  journalLines: 300,
  /** Number of nodes that are asked at the same time. */
  nodesAtOnce: 8,
} as const;

/** Options of {@link ask} and {@link probe}. */
export interface ProbeOptions {
  readonly node?: string;
  /** Seconds. @default limits.item */
  readonly limit?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the program at the total limit. */
  readonly signal: AbortSignal;
}

/** Answer of a program. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  /** Reason of its failure; undefined when it succeeded. */
  readonly problem?: string;
}

/** Runs a program and returns its output. Never throws: the output of a failed program is an answer, too. */
export async function ask(program: string, args: readonly string[], options: ProbeOptions): Promise<Answer> {
  const { limit = limits.item, input = "", env = {}, signal } = options;
  const late = "the time limit of the whole diagnosis was over";
  if (signal.aborted) return { stdout: "", stderr: "", problem: late };
  const result = await execa(program, args, {
    input,
    // The patterns match English messages.
    env: { PATH: searchPath(), LC_ALL: "C", ...env },
    reject: false,
    timeout: limit * 1000,
    forceKillAfterDelay: 2_000,
    cancelSignal: signal,
    // A program that prints more is stopped.
    maxBuffer: limits.bytes,
  });
  const { stdout = "", stderr = "" } = result;
  if (!result.failed) return { stdout, stderr };
  const why = result.isCanceled
    ? late
    : result.timedOut
      ? `did not end within ${limit} s`
      : result.code === "ENOENT"
        ? `${program} is not installed`
        : result.isMaxBuffer
          ? `it printed more than ${limits.bytes / 2 ** 20} MiB and was stopped`
          : stderr.trim() || `exit code ${result.exitCode ?? result.signal}`;
  return { stdout, stderr, problem: why };
}

/** Runs a program for one item. */
export async function probe(
  name: string,
  program: string,
  args: readonly string[],
  options: ProbeOptions,
): Promise<Item> {
  const { stdout, problem } = await ask(program, args, options);
  return item(name, options.node, stdout, problem);
}
