import { anyObject, list, object, readJson, text as anyText } from "../../lib/outside.ts";
import { nameOfUrn, resourceType } from "../../names.ts";
import type { Session } from "./session.ts";

/** A resource of an exported state, as far as it is read here. Nothing is assumed of its other properties. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  /** URN of the component that it belongs to. */
  readonly parent?: string;
  /** URN and id of its provider, joined by `::`. */
  readonly provider?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Errors of a creation that ended with a resource. A refresh deletes them from the state. */
  readonly initErrors?: readonly string[];
  readonly protect?: boolean;
  /** Whether its replacement exists and it waits for its deletion. */
  readonly delete?: boolean;
}

/** An operation that began and did not end. */
export interface PendingOperation {
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
  readonly resource: StateResource;
}

/** State of a stack; empty before the first `up`. Secrets are encrypted, unless it was exported with `--show-secrets`. */
export interface StackState {
  readonly resources: readonly StateResource[];
  readonly pending: readonly PendingOperation[];
}

const source = { name: "the export of the stack's state", fix: "run the command again, or import a complete export" };
const resourceShape = object(
  { urn: anyText, type: anyText },
  {
    id: anyText,
    parent: anyText,
    provider: anyText,
    inputs: anyObject,
    outputs: anyObject,
    // A refresh of some releases writes null for an empty list.
    initErrors: { type: ["array", "null"], items: anyText },
  },
);
const stateShape = object(
  {},
  {
    deployment: {
      ...object(
        {},
        {
          resources: { ...list(resourceShape), type: ["array", "null"] },
          pending_operations: {
            ...list(object({ type: anyText, resource: resourceShape })),
            type: ["array", "null"],
          },
        },
      ),
      type: ["object", "null"],
    },
  },
);

/** Reads a state as `pulumi stack export` prints it. @throws naming the first place that is none of a state. */
export function parseState(text: string): StackState {
  const { deployment } = readJson<{
    deployment?: { resources?: StateResource[] | null; pending_operations?: PendingOperation[] | null } | null;
  }>(text, source, stateShape);
  return { resources: deployment?.resources ?? [], pending: deployment?.pending_operations ?? [] };
}

/** Reads a stack's state through Pulumi. */
export async function readState({ stack, capture }: Pick<Session, "stack" | "capture">): Promise<StackState> {
  return parseState(await capture(["stack", "export", "--stack", stack]));
}

/** Resources of a type, without those that wait for their deletion. */
export function resourcesOf({ resources }: StackState, type: string): readonly StateResource[] {
  return resources.filter((resource) => resource.type === type && !resource.delete);
}

/** URI of the hypervisor that a resource is on, or was to be created on; undefined where the state has no such provider. */
export function uriOf({ resources }: StackState, { provider }: StateResource): string | undefined {
  const urn = provider?.slice(0, provider.lastIndexOf("::"));
  const uri = resources.find((resource) => resource.urn === urn)?.inputs?.uri;
  return typeof uri === "string" ? uri : undefined;
}

/** URIs of the hypervisors that the state has a provider for, each once. */
export function hypervisorsOf({ resources }: StackState): readonly string[] {
  const uris = resources.filter(({ type }) => type === resourceType.libvirtProvider).map(({ inputs }) => inputs?.uri);
  return [...new Set(uris)].filter((uri) => typeof uri === "string");
}

/** Outputs of the stack; empty before the first complete `up`. */
export function stackOutputs({ resources }: StackState): Readonly<Record<string, unknown>> {
  return resources.find(({ type }) => type === resourceType.stack)?.outputs ?? {};
}

/** Name of the stack's cluster; "" before its first `up`. */
export function clusterOf({ resources }: StackState): string {
  const cluster = resources.find(({ type }) => type === resourceType.cluster);
  return cluster === undefined ? "" : nameOfUrn(cluster.urn);
}
