import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Ticks of a second in /proc/PID/stat. The kernel shows user space 100 on x86-64 and arm64, whatever its own rate is. */
const ticksPerSecond = 100;

/** Use of a process and all its descendants. */
interface TreeUsage {
  /** Seconds, with those of descendants that have ended and were waited for. */
  readonly cpuSeconds: number;
  /** Bytes: sum of the most that each living process had in memory. */
  readonly memoryPeak: number;
}

/**
 * Returns what the processes of a session use; undefined where none is left. A program that was started in a session of its own
 * has its descendants there (proc_pid_stat(5), field 6).
 * @param session Id of the session, which is the id of its first process.
 * @param proc Folder of the kernel's process files. @default /proc
 */
export async function usageOfSession(session: number, proc = "/proc"): Promise<TreeUsage | undefined> {
  const names = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const found = (await Promise.all(names.map((name) => usageOfProcess(join(proc, name), session)))).flatMap(
    (usage) => usage ?? [],
  );
  if (found.length === 0) return undefined;
  return {
    cpuSeconds: found.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memoryPeak: found.reduce((sum, { memoryPeak }) => sum + memoryPeak, 0),
  };
}

async function usageOfProcess(folder: string, session: number): Promise<TreeUsage | undefined> {
  try {
    const text = await readFile(join(folder, "stat"), "utf8");
    // The name, field 2, may have spaces and brackets.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const at = (field: number) => Number(fields[field - 3]);
    const isZombie = fields[0] === "Z";
    if (at(6) !== session || isZombie) return undefined;
    const ticks = at(14) + at(15) + at(16) + at(17);
    const status = await readFile(join(folder, "status"), "utf8");
    const kibibytes = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
    return { cpuSeconds: ticks / ticksPerSecond, memoryPeak: kibibytes * 1024 };
  } catch {
    // A process may end between the listing and the reading.
    return undefined;
  }
}
