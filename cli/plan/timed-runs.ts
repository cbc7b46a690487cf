import { listRuns } from "../runs/archive.ts";
import { runsFolder } from "../runs/folder.ts";
import type { Result } from "../runs/result.ts";
import type { TimedRun } from "./estimate.ts";

/**
 * Lists the runs of a stack from which times can be estimated, the oldest first: each `up` and `roll` that succeeded.
 * @param last Outputs of the stack, which have the times of its last run. They count where no run is recorded here, such as on
 * another machine.
 * @param root Folder of all runs.
 */
export async function timedRuns(stack: string, last: Result = {}, root = runsFolder): Promise<readonly TimedRun[]> {
  const runs = (await listRuns(root)).flatMap(({ record }) => {
    if (record instanceof Error || record.stack !== stack) return [];
    return record.outcome === "succeeded" && ["up", "roll"].includes(record.command) ? [record] : [];
  });
  if (runs.length > 0) return runs;
  const { nodes, timings } = last;
  return nodes === undefined || timings === undefined ? [] : [{ seconds: null, changes: null, nodes, timings }];
}
