/** A thing that exists, also without a state that has it. */
export interface Thing {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  /** Name that only one thing of the type can have, such as a domain's. */
  readonly taken: string;
  /** Its properties as the engine marshals them. */
  properties: Record<string, unknown>;
}

/** The things of one type, in the order of their creation. */
interface OfType {
  readonly all: Set<Thing>;
  /** Several clusters can have things of the same id. */
  readonly byId: Map<string, Set<Thing>>;
  readonly byName: Map<string, Thing>;
}

/**
 * Every thing of a world, in the order of their creation. A query by type, name or id does not look at other things. So the
 * cost of an operation does not grow with their number.
 */
export class Things implements Iterable<Thing> {
  readonly #all = new Set<Thing>();
  readonly #types = new Map<string, OfType>();

  add(thing: Thing): void {
    this.#all.add(thing);
    const { all, byId, byName } = this.#ofType(thing.type);
    all.add(thing);
    byName.set(thing.taken, thing);
    byId.set(thing.id, (byId.get(thing.id) ?? new Set()).add(thing));
  }

  delete(thing: Thing): void {
    if (!this.#all.delete(thing)) return;
    const { all, byId, byName } = this.#ofType(thing.type);
    all.delete(thing);
    if (byName.get(thing.taken) === thing) byName.delete(thing.taken);
    const others = byId.get(thing.id);
    others?.delete(thing);
    if (others?.size === 0) byId.delete(thing.id);
  }

  clear(): void {
    this.#all.clear();
    this.#types.clear();
  }

  [Symbol.iterator](): IterableIterator<Thing> {
    return this.#all.values();
  }

  /** Newest thing of an id, because objects of two clusters can have the same id. */
  find(type: string, id: string): Thing | undefined {
    return [...(this.#types.get(type)?.byId.get(id) ?? [])].at(-1);
  }

  /** Thing of a name. */
  named(type: string, taken: string): Thing | undefined {
    return this.#types.get(type)?.byName.get(taken);
  }

  /** Type tokens that end in a kind, such as `Domain`. */
  typesOf(kind: string): readonly string[] {
    return [...this.#types.keys()].filter((type) => type.split(":").at(-1) === kind);
  }

  ofType(type: string): Thing[] {
    return [...(this.#types.get(type)?.all ?? [])];
  }

  #ofType(type: string): OfType {
    const found = this.#types.get(type) ?? { all: new Set(), byId: new Map(), byName: new Map() };
    this.#types.set(type, found);
    return found;
  }
}
