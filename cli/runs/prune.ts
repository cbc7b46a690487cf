import { rm } from "node:fs/promises";
import { daysBefore } from "../../lib/age.ts";
import { listRuns } from "./archive.ts";
import { runsFolder } from "./folder.ts";

/**
 * Removes the folders of runs and diagnoses that began more than so many days ago. The last run of each stack stays, so
 * does one that is not at its end, and everything in the folder that is not named as runs are.
 * @returns the names of what was removed, the oldest first.
 */
export async function pruneRuns(days: number, root = runsFolder, now = Date.now()): Promise<readonly string[]> {
  const runs = await listRuns(root);
  const lastOfStack = new Map(
    runs.flatMap(({ name, record }) => (record instanceof Error ? [] : [[record.stack, name] as const])),
  );
  const kept = new Set(lastOfStack.values());
  const removed = runs.filter(({ name, record }) => {
    const begun = beginningOf(name);
    if (begun === undefined || begun >= daysBefore(days, now) || kept.has(name)) return false;
    return record instanceof Error || record.outcome !== "running";
  });
  for (const { folder } of removed) await rm(folder, { recursive: true, force: true });
  return removed.map(({ name }) => name);
}

/** When a run began, by the name of its folder; undefined for a name that nodeforge does not give. */
function beginningOf(name: string): number | undefined {
  const [, date, hours, minutes, seconds] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z-./.exec(name) ?? [];
  const time = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(time) ? undefined : time;
}
