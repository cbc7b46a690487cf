import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { replaceFile } from "../../lib/files.ts";
import { pathsOf, type StackPlace } from "./places.ts";

/** Content of a lock (pulumi 3.250.0, pkg/backend/diy/lock.go). */
interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/**
 * Takes the lock of Pulumi's file backend on a stack, so that every other Pulumi refuses to work on it.
 * @param pid Process that works on the stack. After a kill, the lock stays, and the number tells that it is dead.
 * @returns a function that releases the lock.
 * @throws naming the other locks, in Pulumi's own words.
 */
export async function takeBackendLock(place: StackPlace, pid: number): Promise<() => Promise<void>> {
  const { locks } = pathsOf(place);
  const own = join(locks, `${randomUUID()}.json`);
  await refuseOthers(locks, own);
  const lock: Lock = { pid, username: userInfo().username, hostname: hostname(), timestamp: new Date().toISOString() };
  await mkdir(locks, { recursive: true });
  await replaceFile(own, JSON.stringify(lock), { mode: 0o600 });
  try {
    // Another process may have taken its lock between the first check and this lock.
    await refuseOthers(locks, own);
  } catch (error) {
    await rm(own, { force: true });
    throw error;
  }
  return () => rm(own, { force: true });
}

async function refuseOthers(folder: string, own: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = names.map((name) => join(folder, name)).filter((path) => path.endsWith(".json") && path !== own);
  if (others.length === 0) return;
  const lines = await Promise.all(
    others.map(async (path) => {
      const text = await readFile(path, "utf8").catch(() => "{}");
      const { username, hostname, pid, timestamp } = parse(text);
      return `\n  file://${path}: created by ${username}@${hostname} (pid ${pid}) at ${timestamp}`;
    }),
  );
  throw new Error(
    `the stack is currently locked by ${others.length} lock(s). Either wait for the other process(es) to end or ` +
      `delete the lock file with \`pulumi cancel\`.${lines.join("")}`,
  );
}

function parse(text: string): Lock {
  const unknown: Lock = { pid: 0, username: "unknown", hostname: "unknown", timestamp: "unknown" };
  try {
    return { ...unknown, ...(JSON.parse(text) as Partial<Lock>) };
  } catch {
    return unknown;
  }
}
