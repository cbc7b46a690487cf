import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killProcesses } from "../support/kill-tree.ts";

/**
 * Processes that a kill ends.
 * - `command`: the command and all processes below it at once, as a loss of power does
 * - `pulumi`: the Pulumi CLI alone; the state service sees its end
 * - `program`: the Node process of index.ts
 * - `service`: the command that keeps the state in a journal; Pulumi goes on without it
 */
export type Victim = "command" | "pulumi" | "program" | "service";

/** A living process of a test's stack. */
export interface Process {
  readonly pid: number;
  /** Name of its program's file. */
  readonly program: string;
  readonly words: readonly string[];
}

const isVictim: Readonly<Record<Victim, (process: Process) => boolean>> = {
  command: () => true,
  pulumi: ({ program }) => program === "pulumi",
  program: ({ words }) => words.some((word) => /\/@pulumi\/pulumi\/cmd\/run(\/|$)/.test(word)),
  service: ({ words }) => words.some((word) => basename(word) === "journalled.ts"),
};

/** Milliseconds for a killed process to end. On a busy disk, its last write takes seconds. */
const killLimit = 20_000;

/** Living processes of the stack in a folder that a kill of this victim ends, the oldest first. */
export function victimsIn(folder: string, victim: Victim): readonly Process[] {
  return processesIn(folder).filter(isVictim[victim]);
}

/**
 * Living processes of the stack in a folder. Their environment names them, because a process without its parent is no
 * descendant any more.
 */
export function processesIn(folder: string): readonly Process[] {
  const mark = `TMPDIR=${join(folder, "tmp")}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && partsOf(name, "environ").includes(mark))
    .map((name) => ({ pid: Number(name), program: programOf(name), words: partsOf(name, "cmdline") }))
    .sort((one, other) => one.pid - other.pid);
}

/** Kills processes, and returns after their end. @throws when one does not end within 20 s. */
export async function killAll(processes: readonly Process[]): Promise<void> {
  killProcesses(processes.map(({ pid }) => pid));
  // The next step of the test must not reach a process that is about to end.
  const isGone = () => processes.every(({ pid }) => partsOf(String(pid), "environ").length === 0);
  if (!(await becomesTrue(isGone, killLimit))) throw new Error(`killed processes live on: ${describe(processes)}`);
}

/**
 * Waits until no process of a stack lives that could still change something. The language host of a killed Pulumi does
 * not count. It looks for its engine every 5 minutes, and ends without one (pulumi-language-nodejs 3.68.0).
 * @returns those that live on after the time in milliseconds.
 */
export async function survivorsIn(folder: string, limit: number): Promise<readonly Process[]> {
  const survivors = () => processesIn(folder).filter(({ program }) => program !== "pulumi-language-nodejs");
  await becomesTrue(() => survivors().length === 0, limit);
  return survivors();
}

/** Processes as a text. */
export function describe(processes: readonly Process[]): string {
  return processes.map(({ pid, words }) => `${pid} ${words.slice(0, 3).join(" ")}`).join(", ");
}

async function becomesTrue(isTrue: () => boolean, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  while (!isTrue()) {
    if (performance.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}

/** Parts of a file of a process that NUL separates. None once the process has ended, also before its parent knows. */
function partsOf(pid: string, file: "environ" | "cmdline"): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}

function programOf(pid: string): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return "";
  }
}
