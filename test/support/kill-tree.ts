import { readFileSync, readdirSync } from "node:fs";

/** Kills a process and everything it started, as a machine that loses its power does. */
export function killTree(ancestor: number): void {
  // Pulumi's program and language host lead process groups of their own, and would live on.
  for (const pid of [ancestor, ...descendants(ancestor)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Processes that a process started, and those that they started. */
function descendants(ancestor: number): number[] {
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
    // The name in parentheses may hold anything; what follows it is regular.
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return undefined;
  }
}
