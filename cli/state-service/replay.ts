import { createHash } from "node:crypto";
import { withVersion, type Deployment, type Operation, type Resource, type Versioned } from "./deployment.ts";
import { checkEntry, kind, type JournalEntry } from "./entry.ts";
import { withoutAliases, withoutMissing } from "./references.ts";

/** Engine and time that a deployment names as its origin. */
export interface Origin {
  /** Version of the Pulumi engine, e.g. `v3.250.0`. */
  readonly engine: string;
  /** @default now */
  readonly time?: Date;
}

/**
 * Returns the deployment that a journal describes. Applies the entries to the base in the order of their sequence numbers, each
 * once. An operation that began and did not end becomes a pending operation. Follows JournalReplayer of Pulumi 3.250.0
 * (pkg/backend/journal.go).
 * @throws when an entry has an unknown kind, or names a resource that does not exist.
 */
export function replay(base: Deployment, entries: readonly JournalEntry[], origin: Origin): Versioned {
  let changes = new Changes(base, origin);
  // The CLI sends batches side by side, and repeats one whose answer was lost.
  const inOrder = [...new Map(entries.map((entry) => [entry.sequenceID, checkEntry(entry)])).values()];
  for (const entry of inOrder.sort((one, other) => one.sequenceID - other.sequenceID)) {
    if (entry.kind === kind.rebuiltBaseState) changes = new Changes(changes.result(), origin, changes.hasRefresh);
    else changes.add(entry);
  }
  return withVersion(changes.result());
}

/** Changes of one base. Entries name a resource of the base by its index, and a new one by its operation. */
class Changes {
  #base: Deployment;
  readonly #origin: Origin;
  hasRefresh: boolean;
  readonly #removedOld = new Set<number>();
  readonly #replacedOld = new Map<number, Resource>();
  readonly #marksOld = new Map<number, Partial<Resource>>();
  /** New resources by their operations, in the order of their creation. */
  readonly #created = new Map<number, Resource>();
  readonly #removedNew = new Set<number>();
  readonly #begun = new Map<number, Operation | undefined>();
  readonly #extensions: Record<string, unknown> = {};

  constructor(base: Deployment, origin: Origin, hasRefresh = false) {
    this.#base = base;
    this.#origin = origin;
    this.hasRefresh = hasRefresh;
  }

  add(entry: JournalEntry): void {
    const { operationID, state, removeOld, removeNew } = entry;
    switch (entry.kind) {
      case kind.begin:
        this.#begun.set(operationID, entry.operation);
        return;
      case kind.failure:
        this.#begun.delete(operationID);
        return;
      case kind.success:
        this.#succeed(entry);
        return;
      case kind.refreshSuccess:
        this.#begun.delete(operationID);
        this.hasRefresh = true;
        if (isGiven(removeOld)) this.#putOld(removeOld, state);
        if (isGiven(removeNew)) this.#putNew(removeNew, state);
        return;
      case kind.outputs:
        if (state === undefined) return;
        if (isGiven(removeOld)) this.#putOld(removeOld, state);
        if (isGiven(removeNew)) this.#putNew(removeNew, state);
        return;
      case kind.write:
        if (entry.newSnapshot !== undefined) this.#base = entry.newSnapshot;
        return;
      case kind.secretsManager:
        this.#base = { ...this.#base, secrets_providers: entry.secretsProvider };
        return;
      case kind.snippets:
        this.#base = { ...this.#base, snippets: entry.snippets ?? [] };
        return;
      case kind.extensionParameterize:
        this.#extensions[entry.extensionRef ?? ""] = entry.extension;
        return;
    }
  }

  #succeed(entry: JournalEntry): void {
    const { operationID, state, removeOld, removeNew } = entry;
    this.#begun.delete(operationID);
    if (state !== undefined) this.#created.set(operationID, state);
    if (isGiven(removeOld)) this.#removedOld.add(this.#old(removeOld));
    if (isGiven(removeNew)) this.#putNew(removeNew, undefined);
    if (isGiven(entry.deleteOld)) this.#markOld(entry.deleteOld, { delete: true });
    if (isGiven(entry.deleteNew)) this.#markNew(entry.deleteNew, { delete: true });
    if (isGiven(entry.pendingReplacementOld)) this.#markOld(entry.pendingReplacementOld, { pendingReplacement: true });
    if (isGiven(entry.pendingReplacementNew)) this.#markNew(entry.pendingReplacementNew, { pendingReplacement: true });
    if (entry.isRefresh) this.hasRefresh = true;
  }

  #putOld(index: number, state: Resource | undefined): void {
    if (state === undefined) this.#removedOld.add(this.#old(index));
    else this.#replacedOld.set(this.#old(index), state);
  }

  #putNew(operation: number, state: Resource | undefined): void {
    this.#new(operation);
    if (state === undefined) this.#removedNew.add(operation);
    else this.#created.set(operation, state);
  }

  #markOld(index: number, mark: Partial<Resource>): void {
    this.#marksOld.set(this.#old(index), { ...this.#marksOld.get(index), ...mark });
  }

  #markNew(operation: number, mark: Partial<Resource>): void {
    this.#created.set(operation, { ...this.#new(operation), ...mark });
  }

  #old(index: number): number {
    const count = this.#base.resources?.length ?? 0;
    if (index < 0 || index >= count) {
      throw new Error(`a journal entry names resource ${index} of the checkpoint, which has ${count} resources`);
    }
    return index;
  }

  #new(operation: number): Resource {
    const resource = this.#created.get(operation);
    if (resource === undefined) {
      throw new Error(`a journal entry names operation ${operation}, which recorded no resource`);
    }
    return resource;
  }

  /** Returns the deployment after these changes. */
  result(): Deployment {
    const { resources: old = [], pending_operations: pending = [], secrets_providers, snippets } = this.#base;
    const { engine, time = new Date() } = this.#origin;
    const created = [...this.#created].filter(([operation]) => !this.#removedNew.has(operation));
    // A mark for deletion is lost where a refresh replaced the resource: the refresh read its newest state.
    const kept = old.flatMap((resource, index) =>
      this.#removedOld.has(index)
        ? []
        : [this.#replacedOld.get(index) ?? { ...resource, ...this.#marksOld.get(index) }],
    );
    const resources = [...created.map(([, resource]) => resource), ...kept];
    // Only a user can tell whether an interrupted creation had an effect, so it stays until a refresh clears it.
    const creations = pending.filter(({ type }) => type === "creating");
    const operations = [...[...this.#begun.values()].filter((operation) => operation !== undefined), ...creations];
    const extensions = { ...this.#extensions, ...this.#base.extensions };
    return withoutAliases({
      manifest: {
        time: time.toISOString(),
        magic: engine === "" ? "" : createHash("sha256").update(engine).digest("hex"),
        version: engine,
      },
      ...(secrets_providers !== undefined && { secrets_providers }),
      ...(resources.length > 0 && { resources: this.hasRefresh ? withoutMissing(resources) : resources }),
      ...(operations.length > 0 && { pending_operations: operations }),
      metadata: this.#base.metadata ?? {},
      ...(snippets !== undefined && snippets.length > 0 && { snippets }),
      ...(Object.keys(extensions).length > 0 && { extensions }),
    });
  }
}

function isGiven(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}
