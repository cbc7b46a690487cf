import { anyObject, checkShape, list, mapOf, object, text, type Shape } from "../../lib/outside.ts";
import type { Deployment, Operation, Resource, Snippet } from "./deployment.ts";

/** Kinds of a journal entry (pulumi 3.250.0, sdk/go/common/apitype/journal.go). */
export const kind = {
  begin: 0,
  success: 1,
  failure: 2,
  refreshSuccess: 3,
  outputs: 4,
  write: 5,
  secretsManager: 6,
  rebuiltBaseState: 7,
  extensionParameterize: 8,
  snippets: 9,
} as const;

/** A change of a deployment, as the Pulumi CLI sends it. Go writes a missing number as null. */
export interface JournalEntry {
  readonly version: number;
  readonly kind: number;
  /** Place of the entry in the journal. */
  readonly sequenceID: number;
  /** Operation that the entry belongs to. */
  readonly operationID: number;
  /** Index of a resource in the base to remove or replace. */
  readonly removeOld?: number | null;
  /** Operation whose resource to remove or replace. */
  readonly removeNew?: number | null;
  readonly pendingReplacementOld?: number | null;
  readonly pendingReplacementNew?: number | null;
  readonly deleteOld?: number | null;
  readonly deleteNew?: number | null;
  readonly state?: Resource;
  readonly operation?: Operation;
  readonly isRefresh?: boolean;
  readonly secretsProvider?: unknown;
  readonly snippets?: readonly Snippet[];
  readonly newSnapshot?: Deployment;
  readonly extensionRef?: string;
  readonly extension?: unknown;
}

const source = { name: "a journal entry", fix: "use the release of Pulumi that versions.json names" };
// Go writes null for a list, a map or a text that it does not leave out.
const orNull = (shape: Shape): Shape => ({ ...shape, type: [shape.type as string, "null"] });
const [texts, textOrNull] = [orNull(list(text)), orNull(text)];
const resource = object(
  { urn: text },
  {
    ...{ parent: textOrNull, provider: textOrNull, deletedWith: textOrNull, viewOf: textOrNull },
    ...{ aliases: texts, dependencies: texts, replaceWith: texts, propertyDependencies: orNull(mapOf(texts)) },
  },
);
const operation = object({ type: text, resource });
const snippets = orNull(list(object({}, { references: orNull(anyObject) })));
const newSnapshot = object(
  {},
  {
    resources: list(resource),
    pending_operations: list(operation),
    snippets,
    extensions: orNull(anyObject),
  },
);
const shape = object({}, { state: resource, operation, snippets, newSnapshot, extensionRef: textOrNull });

const kinds: readonly number[] = Object.values(kind);

/** Returns a value as a journal entry. @throws when its version or its kind is unknown, or a number is missing. */
export function checkEntry(value: unknown): JournalEntry {
  const entry = value as Partial<JournalEntry> | null;
  if (entry?.version !== 1)
    throw new Error(`a journal entry has version ${String(entry?.version ?? "none")}, expected 1`);
  if (!kinds.includes(entry.kind as number)) {
    throw new Error(`a journal entry has kind ${String(entry.kind ?? "none")}, expected one of ${kinds.join(", ")}`);
  }
  if (!Number.isSafeInteger(entry.sequenceID) || !Number.isSafeInteger(entry.operationID)) {
    throw new Error(
      `a journal entry has sequenceID ${String(entry.sequenceID ?? "none")} and operationID ${String(entry.operationID ?? "none")}, expected integers`,
    );
  }
  return checkShape<JournalEntry>(entry, source, shape);
}
