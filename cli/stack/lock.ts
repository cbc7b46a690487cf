import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { checkout } from "../../lib/checkout.ts";
import { isSamePlace, type Place } from "../../lib/place.ts";
import { processStart } from "../../lib/process-identity.ts";

/** A lock file that Pulumi keeps beside the states of a file backend while it works on a stack. */
export interface StateLock {
  readonly path: string;
  readonly pid: number;
  readonly hostname: string;
}

/** Another process began to work on the stack, so this one must not change it any more. */
export class AnotherRunError extends Error {
  /** @param holder The process in words. @default another run of Pulumi */
  constructor(holder = "another run of Pulumi") {
    super(`${holder} works on this stack. Fix: wait for its end, or end it with Ctrl-C; then run this command again`);
  }
}

/** Folder of a file backend (`file:///folder?…`, `file://~`); undefined for every other backend. */
export function backendFolder(url: string | undefined): string | undefined {
  const path = /^file:\/\/([^?]*)/.exec(url ?? "")?.[1];
  return path === undefined ? undefined : resolve(checkout, path.replace(/^~(?=\/|$)/, homedir()));
}

/** Reads Pulumi's locks on a stack. One that cannot be read has process 0, which {@link holderOf} does not know. */
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

/** State of the process that took a lock; `unknown` where this process cannot see it. */
export type Holder = "alive" | "dead" | "unknown";

/**
 * State of the process that took a lock.
 *
 * Pulumi (3.250.0, pkg/backend/diy/lock.go) writes the process number, the host name and the time. Clocks may be set, so only the
 * number counts: a Pulumi process of that number is alive. The number means nothing in another container or on another machine,
 * and those may have the same host name.
 * @param here Machine and container of this process.
 * @param last Machine and container of the last command that checked the locks; undefined before the first.
 */
export function holderOf({ pid, hostname }: StateLock, here: Place, last: Place | undefined): Holder {
  if (hostname !== here.hostname || !(pid > 0)) return "unknown";
  if (isPulumi(pid) || isPulumiWithin(pid)) return "alive";
  return last === undefined || isSamePlace(last, here) ? "dead" : "unknown";
}

/** Deletes one lock, as `pulumi cancel` would. Keeps locks that another process has taken in the meantime. */
export async function release({ path }: StateLock): Promise<void> {
  await rm(path, { force: true });
}

/** Whether a process runs Pulumi. True where its program cannot be read. */
function isPulumi(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user exists, but takes no signal.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)).includes("pulumi");
  } catch (error) {
    // A process that has ended has no program until its parent reads its exit code.
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && processStart(pid) !== undefined) return false;
  }
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").includes("pulumi");
  } catch {
    return true;
  }
}

/** Whether a Pulumi has this number in a container whose processes are visible here (proc_pid_status(5), NSpid). */
function isPulumiWithin(pid: number): boolean {
  const numbers = (process: string) => {
    const status = read(process, "status");
    // A process that has ended keeps its number until its parent reads its exit code, which may take seconds.
    if (/^State:\s+[ZX]/m.test(status)) return [];
    return /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  };
  const read = (process: string, file: string) => {
    try {
      return readFileSync(`/proc/${process}/${file}`, "utf8");
    } catch {
      // The process has ended in the meantime.
      return "";
    }
  };
  return (existsSync("/proc") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/.test(name))
    .some((process) => read(process, "comm").includes("pulumi") && numbers(process).includes(String(pid)));
}
