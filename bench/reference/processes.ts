import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A program that runs. */
export interface RunningProgram {
  readonly pid: number;
  /** At most 15 characters (proc(5), comm). */
  readonly name: string;
  /** CPU seconds since its start. */
  readonly cpuSeconds: number;
  /** Peak of its resident memory in bytes. */
  readonly memoryPeak: number;
}

/** Clock ticks of /proc in a second: USER_HZ of x86 and ARM. */
const ticksPerSecond = 100;

/** Lists the programs of a control plane that run in the namespace of this process. @param proc Folder of the kernel's files. */
export function runningPrograms(names: readonly string[], proc = "/proc"): readonly RunningProgram[] {
  return readdirSync(proc).flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const text = (file: string) => readFileSync(join(proc, pid, file), "utf8");
      const program = parseProgram(text("stat"), text("status"));
      return program !== undefined && names.some((name) => name.slice(0, 15) === program.name) ? [program] : [];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

/** Ends programs of the control plane, and waits until none of them runs. */
export async function endPrograms(names: readonly string[]): Promise<void> {
  while (kill(names) > 0) await sleep(20);
}

/**
 * Ends programs of the control plane. A program that only stands still would keep its watches, and the API server ends those of
 * other clients when its buffers are full.
 * @returns a function that starts them again.
 */
export function stopPrograms(names: readonly string[]): () => void {
  const commands = runningPrograms(names).map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"));
  kill(names);
  return () => {
    for (const [program = "", ...args] of commands) {
      // The last argument ends in a zero byte, too.
      spawn(program, args.slice(0, -1), { stdio: "ignore", detached: true }).unref();
    }
  };
}

/** @returns the number of programs that ran. */
function kill(names: readonly string[]): number {
  const running = runningPrograms(names);
  for (const { pid } of running) process.kill(pid, "SIGKILL");
  return running.length;
}

/** Parses /proc/PID/stat and /proc/PID/status. @returns undefined for a program that has ended. */
function parseProgram(stat: string, status: string): RunningProgram | undefined {
  const [, pid, name, state, rest = ""] = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(stat) ?? [];
  if (pid === undefined || name === undefined || state === "Z" || state === "X") return undefined;
  // The fields 14 and 15 are utime and stime, and `rest` begins with field 4.
  const fields = rest.split(" ");
  const ticks = Number(fields[10]) + Number(fields[11]);
  const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { pid: Number(pid), name, cpuSeconds: ticks / ticksPerSecond, memoryPeak: peak * 1024 };
}
