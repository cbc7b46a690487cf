import { randomUUID } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { processStart } from "./process-identity.ts";

/** What is being made: a folder (`partial`), or a file that is downloaded (`part`). */
export type UnfinishedKind = "partial" | "part";

/**
 * Path beside `path` for what becomes it. It is this process's alone: no other one writes there, also when a lock was lost.
 * It appears under its own name by renaming.
 */
export function unfinishedPath(path: string, kind: UnfinishedKind): string {
  return `${path}.${kind}-${process.pid}-${processStart() ?? 0}-${randomUUID().slice(0, 8)}`;
}

/**
 * What a path ends with that was made by {@link unfinishedPath}: number and start of the process. An earlier release told no
 * start, or had one name for all processes.
 */
const ending = /\.(?:partial|part)(?:-(\d+)(?:-(\d+))?-[0-9a-f]{8})?$/;

/** The path that something unfinished was to become; undefined when it is no such thing. */
export function finishedPath(path: string): string | undefined {
  return ending.test(path) ? path.replace(ending, "") : undefined;
}

/**
 * Whether something unfinished is left over: the process that made it has ended. A name without a number tells no process;
 * ask that only while nobody holds the lock of what it was to become.
 */
export function isLeftOver(path: string): boolean {
  const [match, pid, start] = ending.exec(path) ?? [];
  if (match === undefined) return false;
  if (pid === undefined) return true;
  const found = processStart(Number(pid));
  return found === undefined || (start !== undefined && found !== start);
}

/** What earlier processes left over of `path`. Hold its lock. */
export async function leftOversOf(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .map((name) => join(dirname(path), name))
    .filter((candidate) => finishedPath(candidate) === path && basename(candidate) !== basename(path))
    .filter(isLeftOver);
}

/** Waits until a folder and everything in it are on the disk; with `recursive: false` the folder's own entries only. */
export async function reachDisk(folder: string, { recursive = true } = {}): Promise<void> {
  if (recursive) {
    for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
      // A name in a folder reaches the disk with the folder, not with the file.
      if (entry.isFile() || entry.isDirectory()) await synchronise(join(entry.parentPath, entry.name));
    }
  }
  await synchronise(folder);
}

async function synchronise(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
