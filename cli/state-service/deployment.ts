/**
 * Part of a Pulumi deployment that a replay reads (pulumi 3.250.0, sdk/go/common/apitype/core.go). Every other property is kept
 * as it is.
 */
export interface Deployment {
  readonly manifest: { readonly time: string; readonly magic: string; readonly version: string };
  readonly secrets_providers?: unknown;
  readonly resources?: readonly Resource[];
  readonly pending_operations?: readonly Operation[];
  readonly metadata?: unknown;
  readonly snippets?: readonly Snippet[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A resource of a deployment. */
export interface Resource {
  readonly urn: string;
  readonly parent?: string;
  /** URN and id of its provider, joined by `::`. */
  readonly provider?: string;
  readonly aliases?: readonly string[];
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  readonly replaceWith?: readonly string[];
  readonly deletedWith?: string;
  readonly viewOf?: string;
  readonly delete?: boolean;
  readonly pendingReplacement?: boolean;
  readonly [property: string]: unknown;
}

/** An operation that began and did not end. */
export interface Operation {
  readonly type: string;
  readonly resource: Resource;
}

/** A piece of a program in a deployment. */
export interface Snippet {
  readonly references?: Readonly<Record<string, string>>;
  readonly [property: string]: unknown;
}

/** A deployment with its schema version and the features that it uses. */
export interface Versioned {
  readonly version: number;
  readonly features: readonly string[];
  readonly deployment: Deployment;
}

/** Features of the schema of version 4, and the property of a resource that uses each (pkg/resource/stack/deployment.go). */
const features: Readonly<Record<string, string>> = {
  refreshBeforeUpdate: "refreshBeforeUpdate",
  viewOf: "views",
  resourceHooks: "hooks",
  taint: "taint",
  replaceWith: "replaceWith",
  extensionRef: "extensionParameterization",
};

/** Returns a deployment with the schema version and the features that a reader must know. */
export function withVersion(deployment: Deployment): Versioned {
  const { resources = [], pending_operations: pending = [], snippets = [] } = deployment;
  const used = new Set<string>();
  for (const resource of [...resources, ...pending.map((operation) => operation.resource)]) {
    for (const [property, feature] of Object.entries(features)) if (isSet(resource[property])) used.add(feature);
  }
  if (snippets.length > 0) used.add("snippets-prototype");
  return { version: used.size > 0 ? 4 : 3, features: [...used].sort(), deployment };
}

function isSet(value: unknown): boolean {
  if (value === null || typeof value !== "object") return Boolean(value);
  return Object.keys(value).length > 0;
}
