import { rm } from "node:fs/promises";
import { daysBefore } from "../../lib/age.ts";
import { listArchive } from "./archive.ts";
import { runsFolder, startOfRun } from "./folder.ts";

/**
 * Removes the folders of runs and diagnoses that began more than a number of days ago. Keeps the last run of each stack,
 * runs that have not ended, and everything in the folder that is not named like a run.
 * @returns the names of the removed folders, the oldest first.
 */
export async function pruneRuns(days: number, root = runsFolder, now = Date.now()): Promise<readonly string[]> {
  const runs = await listArchive(root);
  const lastOfStack = new Map(
    runs.flatMap(({ name, record }) => (record instanceof Error ? [] : [[record.stack, name] as const])),
  );
  const kept = new Set(lastOfStack.values());
  const removed = runs.filter(({ name, record }) => {
    const start = startOfRun(name);
    if (start === undefined || start >= daysBefore(days, now) || kept.has(name)) return false;
    return record instanceof Error || record.outcome !== "running";
  });
  for (const { folder } of removed) await rm(folder, { recursive: true, force: true });
  return removed.map(({ name }) => name);
}
