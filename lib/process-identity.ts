import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * Returns the identity of a process, which a later process of the same number does not have: `<boot>/<number>/<start>`. The
 * start is in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)).
 */
export async function processIdentity(pid = process.pid): Promise<string> {
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const start = processStart(pid);
  if (start === undefined) throw new Error(`there is no process ${pid}`);
  return `${boot}/${pid}/${start}`;
}

/** Returns the start of a process in clock ticks since boot, whatever the wall clock says; undefined without a process. */
export function processStart(pid = process.pid): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may contain anything. The text after it is regular, and begins with field 3.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[22 - 3];
  } catch {
    return undefined;
  }
}

/** Whether a process with this identity runs on this machine. */
export async function isAlive(identity: string): Promise<boolean> {
  const pid = Number(identity.split("/")[1]);
  if (!Number.isInteger(pid)) return false;
  return (await processIdentity(pid).catch(() => undefined)) === identity;
}
