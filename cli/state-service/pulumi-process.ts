import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Number of the Pulumi CLI that this process has started, directly or through other programs; its own number without one. */
export function pulumiProcess(): number {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(numbers.map((name) => [Number(name), parentOf(name)]));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === process.pid || isBelow(parents.get(pid)));
  const found = numbers.find((name) => programOf(name) === "pulumi" && isBelow(Number(name)));
  return found === undefined ? process.pid : Number(found);
}

function programOf(pid: string): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return "";
  }
}

function parentOf(pid: string): number | undefined {
  try {
    // The name in parentheses may contain anything. The text after it is regular (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
