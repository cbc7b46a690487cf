import { readFileSync, readdirSync } from "node:fs";

/** Kills a process and all its descendants at once, as a loss of power does. */
export function killTree(ancestor: number): void {
  // Pulumi's program and language host have process groups of their own, and would survive.
  killProcesses([ancestor, ...descendants(ancestor)]);
}

/** Kills processes, some of which may have ended. */
export function killProcesses(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Lists the descendants of a process. */
export function descendants(ancestor: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(entry);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(ancestor);
}

function parentOf(pid: string): number | undefined {
  try {
    // The name in parentheses may contain anything. The text after it is regular.
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return undefined;
  }
}
