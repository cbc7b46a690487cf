/** Clock ticks in a second of /proc. Linux fixes USER_HZ at 100 for programs (time(7)). */
const ticksPerSecond = 100;

/** Facts of a process from /proc/PID/stat (proc(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** CPU seconds of the process itself, user and system. */
  readonly own: number;
  /** CPU seconds of its descendants that have ended and that their parents waited for. */
  readonly children: number;
}

/** Parses /proc/PID/stat. @throws when the text is another one. */
export function parseStat(text: string): ProcessStat {
  // The name in parentheses may contain anything. The text after it is regular, and begins with field 3.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => {
    const value = Number(fields[number - 3] || NaN);
    if (Number.isNaN(value)) throw new Error(`/proc/PID/stat has no number in field ${number}: got ${text.trim()}`);
    return value;
  };
  return {
    pid: parseInt(text, 10),
    parent: field(4),
    own: (field(14) + field(15)) / ticksPerSecond,
    children: (field(16) + field(17)) / ticksPerSecond,
  };
}

/** Largest resident memory of a process so far in bytes, from /proc/PID/status; 0 for a process that has ended. */
export function parsePeakMemory(text: string): number {
  const [, kibibytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(text) ?? [];
  return Number(kibibytes) * 1024;
}

/** Returns a process and all its descendants among `all`, the process first. Without the process, none. */
export function family(all: readonly ProcessStat[], ancestor: number): readonly ProcessStat[] {
  const byParent = new Map<number, ProcessStat[]>();
  for (const each of all) byParent.set(each.parent, [...(byParent.get(each.parent) ?? []), each]);
  const below = (one: ProcessStat): ProcessStat[] => [one, ...(byParent.get(one.pid) ?? []).flatMap(below)];
  return all.filter(({ pid }) => pid === ancestor).flatMap(below);
}
