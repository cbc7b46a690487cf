import type { Deployment, Resource } from "./deployment.ts";

/**
 * Removes references to missing resources. A refresh deletes resources that others still depend on. The order of the resources
 * must be one in which each follows its dependencies (pulumi 3.250.0, pkg/backend/journal.go, rebuildDependencies).
 */
export function withoutMissing(resources: readonly Resource[]): readonly Resource[] {
  const earlier = new Set<string>();
  const kept = resources.map((resource) => {
    const isEarlier = (urn: string) => earlier.has(urn);
    const { dependencies, propertyDependencies, replaceWith, deletedWith, ...rest } = resource;
    const changed: Resource = {
      ...rest,
      ...(dependencies?.length ? { dependencies: dependencies.filter(isEarlier) } : {}),
      ...(propertyDependencies && {
        propertyDependencies: mapValues(propertyDependencies, (urns) => (urns ?? []).filter(isEarlier)),
      }),
      ...(replaceWith?.length ? { replaceWith: replaceWith.filter(isEarlier) } : {}),
      ...(deletedWith && isEarlier(deletedWith) ? { deletedWith } : {}),
    };
    earlier.add(resource.urn);
    return changed;
  });
  return kept.map((resource) => {
    const { parent, ...rest } = resource;
    return parent && !earlier.has(parent) ? { ...rest, urn: resource.urn } : resource;
  });
}

/**
 * Replaces every reference to an alias by the URN of the resource, and removes the aliases (sdk/go/common/apitype/core.go,
 * NormalizeURNReferences).
 * @throws naming two resources that have the same alias.
 */
export function withoutAliases(deployment: Deployment): Deployment {
  const { resources = [], snippets } = deployment;
  const current = currentNames(resources);
  if (current.size === 0) return deployment;
  const fix = (urn: string) => current.get(urn) ?? urn;
  return {
    ...deployment,
    resources: resources.map((resource) => fixReferences(resource, fix)),
    ...(snippets && {
      snippets: snippets.map((snippet) => ({
        ...snippet,
        ...(snippet.references && { references: mapValues(snippet.references, fix) }),
      })),
    }),
  };
}

/** Maps each alias to the URN of its resource. The URN of a resource changes with the URN of its parent. */
function currentNames(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const current = new Map<string, string>();
  for (const { urn, parent, aliases } of resources) {
    for (const alias of aliases ?? []) {
      const other = current.get(alias);
      if (other !== undefined && other !== urn) {
        throw new Error(`two resources have the same alias ${alias}: ${other} and ${urn}`);
      }
      current.set(alias, urn);
    }
    const renamed = parent && current.get(parent);
    if (renamed && typesOf(renamed) !== rootType) current.set(urn, withParentTypes(urn, typesOf(renamed)));
  }
  return current;
}

function fixReferences(resource: Resource, fix: (urn: string) => string): Resource {
  const { parent, provider, dependencies, propertyDependencies, deletedWith, viewOf } = resource;
  const kept = Object.entries(resource).filter(([property]) => property !== "aliases");
  return {
    ...Object.fromEntries(kept),
    urn: fix(resource.urn),
    ...(parent && { parent: fix(parent) }),
    ...(provider && { provider: fixProvider(provider, fix) }),
    ...(dependencies && { dependencies: dependencies.map(fix) }),
    ...(propertyDependencies && {
      propertyDependencies: mapValues(propertyDependencies, (urns) => urns && urns.map(fix)),
    }),
    ...(deletedWith && { deletedWith: fix(deletedWith) }),
    ...(viewOf && { viewOf: fix(viewOf) }),
  };
}

function fixProvider(provider: string, fix: (urn: string) => string): string {
  const end = provider.lastIndexOf("::");
  return fix(provider.slice(0, end)) + provider.slice(end);
}

/** Type of the resource that is the stack itself. */
export const rootType = "pulumi:pulumi:Stack";

/** Types in a URN `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
function typesOf(urn: string): string {
  return urn.split("::")[2] ?? "";
}

function withParentTypes(urn: string, parentTypes: string): string {
  const [stack = "", project = "", types = "", ...name] = urn.split("::");
  const own = types.slice(types.lastIndexOf("$") + 1);
  return [stack, project, parentTypes === "" ? own : `${parentTypes}$${own}`, ...name].join("::");
}

function mapValues<Before, After>(
  record: Readonly<Record<string, Before>>,
  change: (value: Before) => After,
): Record<string, After> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
