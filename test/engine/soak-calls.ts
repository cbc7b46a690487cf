import type { Model } from "./soak-model.ts";
import { differences } from "./soak-world.ts";
import type { Outcome } from "./stack.ts";
import type { Calls } from "./world.ts";

/** Owner of a resource in the model: a node, or one of OtherOwner. Undefined for a resource that the model does not predict. */
function ownerOf(resource: string): string | undefined {
  if (resource === "Volume base") return "base images";
  if (resource === "Volume master-data") return "data disk";
  if (/^(RandomUuid|Network|Pool) /.test(resource)) return "cluster";
  return /^(?:Volume|Domain|Command) (worker-[a-z]+-\d+|master(?=-root|-seed|-host-key|$))/.exec(resource)?.[1];
}

/** Owners of the resources that a run has changed. */
export function touchedBy(calls: Calls): ReadonlySet<string> {
  return new Set(calls.all.flatMap(({ resource }) => ownerOf(resource) ?? []));
}

/** Differences between the operations of a run and those that the model expects. */
export function callProblems(model: Model, { succeeded, calls }: Outcome): readonly string[] {
  return [...model.expected()].flatMap(([owner, { operations, exact }]) => {
    if (operations === undefined) return [];
    const made = calls.all.filter(({ resource }) => ownerOf(resource) === owner);
    const found = made.map(({ action, resource }) => `${action} ${resource}`);
    const all = differences(operations, found);
    // A run that ended early may lack operations.
    return succeeded && exact ? all : all.filter((line) => !line.endsWith("found 0"));
  });
}
