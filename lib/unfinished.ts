import { randomUUID } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { processStart } from "./process-identity.ts";

/** Kind of an unfinished path: a folder that is being built (`partial`), or a file that is being downloaded (`part`). */
export type UnfinishedKind = "partial" | "part";

/**
 * Returns a path beside `path` for its unfinished content, which is renamed to `path` at the end. Only this process writes
 * there, even if a lock was lost.
 */
export function unfinishedPath(path: string, kind: UnfinishedKind): string {
  return `${path}.${kind}-${process.pid}-${processStart() ?? 0}-${randomUUID().slice(0, 8)}`;
}

/**
 * End of a path from {@link unfinishedPath}, with the number and start of its process. Earlier releases wrote no start, or one
 * name for all processes.
 */
const ending = /\.(?:partial|part)(?:-(\d+)(?:-(\d+))?-[0-9a-f]{8})?$/;

/** Returns the final path of an unfinished one; undefined for any other path. */
export function finishedPath(path: string): string | undefined {
  return ending.test(path) ? path.replace(ending, "") : undefined;
}

/**
 * Whether the process of an unfinished path has ended. A name without a number has no process. For such a name, ask only while
 * no process holds the lock of the final path.
 */
export function isAbandoned(path: string): boolean {
  const [match, pid, start] = ending.exec(path) ?? [];
  if (match === undefined) return false;
  if (pid === undefined) return true;
  const found = processStart(Number(pid));
  return found === undefined || (start !== undefined && found !== start);
}

/** Lists the unfinished paths for `path` whose processes have ended. Hold the lock of `path`. */
export async function abandonedFor(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .map((name) => join(dirname(path), name))
    .filter((candidate) => finishedPath(candidate) === path && basename(candidate) !== basename(path))
    .filter(isAbandoned);
}

/** Waits until a folder and its content are on the disk; with `recursive: false`, only the entries of the folder itself. */
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
