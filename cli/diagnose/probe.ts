import { execa } from "execa";
import { searchPath } from "../../lib/process.ts";
import { item, type Item } from "./evidence.ts";

/** Limits of a diagnosis; emulated nodes are slow, and a person waits. */
export const limits = {
  /** Seconds for one item. */
  item: 60,
  /** Seconds for all items of a node that come over ssh. */
  node: 180,
  /** Seconds for everything; what is not there by then is missing. */
  total: 270,
  /** Bytes that one program may print. */
  bytes: 8 * 2 ** 20,
  /** Lines kept of a journal. */
  journalLines: 300,
  /** Nodes that are asked at the same time. */
  nodesAtOnce: 8,
} as const;

/** How a program is asked. */
export interface ProbeOptions {
  readonly node?: string;
  /** Seconds. @default limits.item */
  readonly limit?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends everything when the total limit is over. */
  readonly signal: AbortSignal;
}

/** What a program answered. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  /** Why it failed; undefined when it did not. */
  readonly problem?: string;
}

/** Asks a program. Never throws: what it printed before it failed is an answer too. */
export async function ask(program: string, args: readonly string[], options: ProbeOptions): Promise<Answer> {
  const { limit = limits.item, input = "", env = {}, signal } = options;
  const late = "the time for the whole diagnosis was over";
  if (signal.aborted) return { stdout: "", stderr: "", problem: late };
  const result = await execa(program, args, {
    input,
    // Messages are matched as they are in English.
    env: { PATH: searchPath(), LC_ALL: "C", ...env },
    reject: false,
    timeout: limit * 1000,
    forceKillAfterDelay: 2_000,
    cancelSignal: signal,
    // What prints more than this is stopped, and says so.
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

/** Asks a program for one item. */
export async function probe(
  name: string,
  program: string,
  args: readonly string[],
  options: ProbeOptions,
): Promise<Item> {
  const { stdout, problem } = await ask(program, args, options);
  return item(name, options.node, stdout, problem);
}
