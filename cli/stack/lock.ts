import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { checkout } from "../../lib/checkout.ts";
import { isSamePlace, type Place } from "../../lib/place.ts";
import { processStart } from "../../lib/process-identity.ts";

/** A lock that Pulumi keeps beside the states of a file backend while it works on a stack. */
export interface StateLock {
  readonly path: string;
  readonly pid: number;
  readonly hostname: string;
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
    const lock = JSON.parse(await readFile(path, "utf8")) as { pid: number; hostname: string };
    return { path, pid: lock.pid, hostname: lock.hostname };
  } catch {
    return { path, pid: 0, hostname: "" };
  }
}

/** What is known of the process that took a lock; `unknown` where it cannot be seen from here. */
export type Holder = "alive" | "dead" | "unknown";

/**
 * Whether the process that took a lock has ended.
 *
 * Pulumi (3.250.0, pkg/backend/diy/lock.go) writes number and host name of the process, and the wall clock's time. Clocks are
 * set, so only the number counts: one that a Pulumi has now is alive. A number says nothing in another container or on another
 * machine, which may have this one's host name.
 * @param here Where this process is.
 * @param last Where the last command that finished its look at the locks was; undefined when there was none.
 */
export function holderOf({ pid, hostname }: StateLock, here: Place, last: Place | undefined): Holder {
  if (hostname !== here.hostname || !(pid > 0)) return "unknown";
  if (isPulumi(pid) || isPulumiWithin(pid)) return "alive";
  return last === undefined || isSamePlace(last, here) ? "dead" : "unknown";
}

/** Takes away one dead lock, and no other that was taken meanwhile, as `pulumi cancel` would. */
export async function release({ path }: StateLock): Promise<void> {
  await rm(path, { force: true });
}

/** Whether a process is a Pulumi; also where nobody can tell which program it runs. */
function isPulumi(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's may not be sent a signal, and is there.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)).includes("pulumi");
  } catch (error) {
    // One that has ended has no program until its parent asks how.
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && processStart(pid) !== undefined) return false;
  }
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").includes("pulumi");
  } catch {
    return true;
  }
}

/** Whether a Pulumi in a container that is seen from here has this number there (proc_pid_status(5), NSpid). */
function isPulumiWithin(pid: number): boolean {
  const numbers = (process: string) => /^NSpid:\s+(.*)$/m.exec(read(process, "status"))?.[1]?.split(/\s+/) ?? [];
  const read = (process: string, file: string) => {
    try {
      return readFileSync(`/proc/${process}/${file}`, "utf8");
    } catch {
      // It has ended meanwhile.
      return "";
    }
  };
  return (existsSync("/proc") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/.test(name))
    .some((process) => read(process, "comm").includes("pulumi") && numbers(process).includes(String(pid)));
}
