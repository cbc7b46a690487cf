import type { Model } from "./soak-model.ts";
import { differences } from "./soak-objects.ts";
import { ownerOf } from "./soak-resources.ts";
import type { Outcome } from "./stack.ts";
import type { Calls } from "./world.ts";

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
