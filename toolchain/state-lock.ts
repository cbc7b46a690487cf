import { readdirSync, readFileSync } from "node:fs";
import { readFile, readdir, rm } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { checkout } from "./checkout.ts";

/** A lock that Pulumi keeps beside the states of a file backend while it works on a stack. */
export interface StateLock {
  readonly path: string;
  readonly pid: number;
  readonly hostname: string;
  /** When it was taken, in milliseconds since 1970. */
  readonly taken: number;
}

/** Somebody else began to work on the stack: nothing of it may be touched any more. */
export class AnotherRunError extends Error {
  constructor() {
    super("another run of Pulumi began to work on this stack; run this again after it");
  }
}

/** The folder of a file backend (`file:///folder?…`, `file://~`); undefined for every other backend. */
export function backendFolder(url: string | undefined): string | undefined {
  const path = /^file:\/\/([^?]*)/.exec(url ?? "")?.[1];
  return path === undefined ? undefined : resolve(checkout, path.replace(/^~(?=\/|$)/, homedir()));
}

/** The locks on a stack; one that cannot be read counts as somebody else's. */
export async function readLocks(folder: string, project: string, stack: string): Promise<readonly StateLock[]> {
  const locks = join(folder, ".pulumi", "locks", "organization", project, stack);
  const names = await readdir(locks).catch(() => []);
  return Promise.all(names.filter((name) => name.endsWith(".json")).map((name) => readLock(join(locks, name))));
}

async function readLock(path: string): Promise<StateLock> {
  try {
    const lock = JSON.parse(await readFile(path, "utf8")) as { pid: number; hostname: string; timestamp: string };
    return { path, pid: lock.pid, hostname: lock.hostname, taken: Date.parse(lock.timestamp) };
  } catch {
    return { path, pid: 0, hostname: "", taken: Number.NaN };
  }
}

/** Whether the process that took a lock on this very machine has ended; false when that cannot be known. */
export function isDead(lock: StateLock, machine = hostname()): boolean {
  if (lock.hostname !== machine || !(lock.pid > 0)) return false;
  const started = startOf(lock.pid);
  // The number may have been given to another process since. A lock is not taken before its process starts; the clock's
  // ticks and its corrections are why a second more or less means nothing.
  return started === undefined || started > lock.taken + 2_000;
}

/** Takes away one dead lock, and no other that was taken meanwhile, as `pulumi cancel` would. */
export async function release({ path }: StateLock): Promise<void> {
  await rm(path, { force: true });
}

/** Ticks of /proc are hundredths of a second on every architecture (USER_HZ). */
const tick = 10;

/** When a process started, in milliseconds since 1970; undefined when there is none. */
function startOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    // A zombie only waits for its parent to ask how it ended.
    if (fields[0] === "Z") return undefined;
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]) * 1000;
    return boot + Number(fields[19]) * tick;
  } catch {
    // Where there is no /proc at all, nothing is known of any process.
    return readdirSync("/proc").includes("self") ? undefined : 0;
  }
}
