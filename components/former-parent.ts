import * as pulumi from "@pulumi/pulumi";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { resourceType } from "../names.ts";

/** Type and resource name of a component of earlier releases. */
export type FormerComponent = readonly [type: "virtualMachine" | "cloudInitDisk" | "bootstrapToken", name: string];

/**
 * Aliases of a resource whose parent was a component of earlier releases. The engine then finds the resource under its former
 * URN, and replaces nothing.
 *
 * There is none once the state has no such component, because the state keeps the aliases of each resource.
 * @param parent Present parent of the resource.
 * @param components Components that were between the two, the outermost first.
 */
export function formerParent(
  prior: PriorState,
  parent: pulumi.Resource,
  ...components: readonly FormerComponent[]
): pulumi.Alias[] {
  const isFormer = components.every(([type, name]) => prior.outputsOf(type, name) !== undefined);
  if (!isFormer) return [];
  const former = components.reduce<pulumi.Resource | pulumi.Output<string>>(
    (above, [type, name]) => pulumi.createUrn(name, resourceType[type], above),
    parent,
  );
  return [{ parent: former }];
}
