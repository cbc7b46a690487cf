/** What a plugin was asked to do to a resource. */
export type Action = "create" | "update" | "delete";

/** One operation that reached a plugin; previews are no operations. */
export interface Call {
  readonly action: Action;
  /** Kind and short name of the resource, such as `Domain worker-node-1`. */
  readonly resource: string;
  /** Script of guest/ that ran, for remote commands. */
  script?: string;
  /** Place among all beginnings and ends since the world began. */
  readonly began: number;
  /** Undefined while it runs, and for good when it failed. */
  ended?: number;
}

/** A thing that exists, whether or not a state knows of it. */
export interface Thing {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  /** What no second thing may have, such as the name of a domain. */
  readonly taken: string;
  /** Its properties as the engine marshals them. */
  properties: Record<string, unknown>;
}

/** When a hook runs: before the operation has an effect, or after it had one and before the engine learns of it. */
export type Moment = "before" | "after";

/** Thrown by a hook after a create: what was made stays, and the engine hears of it and of the error. */
export class HalfMade extends Error {}

type Hook = (call: Call) => Promise<void> | void;

/**
 * What the instant plugins act upon in place of a hypervisor and its guests: the things that exist, every call that was
 * made, and the faults a test plans.
 */
export class World {
  readonly calls: Call[] = [];
  readonly things = new Set<Thing>();
  /** Who has an address reserved, by network and MAC address. */
  readonly reservations = new Map<string, string>();
  readonly #hooks: { moment: Moment; pattern: RegExp; hook: Hook }[] = [];
  readonly #leases = new Map<string, string>();
  #clock = 0;

  /** Runs a hook around every matching operation (`create Domain master`); one that throws makes it fail. */
  on(moment: Moment, pattern: RegExp, hook: Hook): void {
    this.#hooks.push({ moment, pattern, hook });
  }

  /** Forgets all hooks. */
  calm(): void {
    this.#hooks.length = 0;
  }

  /** Lets an operation happen between its hooks, and records it. */
  async perform<T>(action: Action, resource: string, effect: (call: Call) => T): Promise<T> {
    const call: Call = { action, resource, began: this.#clock++ };
    this.calls.push(call);
    await this.#run("before", call);
    // An operation that nothing makes wait for this one begins within this time, and the order of calls shows it.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const result = effect(call);
    await this.#run("after", call);
    call.ended = this.#clock++;
    return result;
  }

  async #run(moment: Moment, call: Call): Promise<void> {
    for (const { moment: planned, pattern, hook } of this.#hooks) {
      if (planned === moment && pattern.test(`${call.action} ${call.resource}`)) await hook(call);
    }
  }

  /** Makes a thing. @throws when another one has the same name, as libvirt does, unless that one is taken over. */
  add(thing: Thing, adopt: boolean): void {
    const other = this.ofType(thing.type).find(({ taken }) => taken === thing.taken);
    if (other && !adopt) throw new Error(`${thing.taken} exists already with id ${other.id}`);
    if (other) this.drop(other);
    this.things.add(thing);
  }

  drop(thing: Thing): void {
    this.things.delete(thing);
  }

  /** The youngest thing of this id: objects in a cluster have the ids they had in the one before. */
  find(type: string, id: string): Thing | undefined {
    return this.ofType(type).findLast((thing) => thing.id === id);
  }

  ofType(token: string): Thing[] {
    return [...this.things].filter(({ type }) => type === token);
  }

  /** The things of a type, by its last part. */
  ofKind(kind: string): Thing[] {
    return [...this.things].filter(({ type }) => type.split(":").at(-1) === kind);
  }

  /** The address the DHCP server gives to a MAC address, always the same. */
  lease(mac: string): string {
    const lease = this.#leases.get(mac) ?? `192.168.222.${100 + this.#leases.size}`;
    this.#leases.set(mac, lease);
    return lease;
  }

  /** Remembers what exists; the function that is returned brings it back and forgets calls and hooks. */
  remember(): () => void {
    const [things, leases] = [structuredClone([...this.things]), [...this.#leases]];
    const reservations = [...this.reservations];
    return () => {
      this.calm();
      this.calls.length = 0;
      replace(this.things, structuredClone(things), (thing) => this.things.add(thing));
      replace(this.#leases, leases, ([mac, address]) => this.#leases.set(mac, address));
      replace(this.reservations, reservations, ([key, name]) => this.reservations.set(key, name));
    };
  }

  /** Takes the operations since the last time, so that a test sees only its own. */
  takeCalls(): Calls {
    return new Calls(this.calls.splice(0));
  }
}

/** The operations of one command, as tests ask for them. */
export class Calls {
  readonly all: readonly Call[];

  constructor(all: readonly Call[]) {
    this.all = all;
  }

  /** Every operation as text, sorted. */
  get list(): string[] {
    return this.all.map(({ action, resource }) => `${action} ${resource}`).sort();
  }

  /** Operations of one action, as sorted names of resources. */
  of(action: Action): string[] {
    return this.all
      .filter((call) => call.action === action)
      .map(({ resource }) => resource)
      .sort();
  }

  /** Operations that match. @throws when none does: an order among nothing proves nothing. */
  matching(pattern: RegExp): Call[] {
    const found = this.all.filter(({ action, resource }) => pattern.test(`${action} ${resource}`));
    if (found.length === 0) throw new Error(`no operation matches ${pattern}: ${this.list.join(", ")}`);
    return found;
  }

  /** Pairs in which the latter began before the former was over; empty when the order was kept. */
  disorder(...patterns: readonly RegExp[]): string[] {
    return patterns.slice(1).flatMap((pattern, index) =>
      this.matching(patterns[index]!).flatMap((former) =>
        this.matching(pattern)
          .filter((latter) => former.ended === undefined || latter.began < former.ended)
          .map((latter) => `${describe(latter)} did not wait for ${describe(former)}`),
      ),
    );
  }
}

function replace<T>(collection: { clear: () => void }, items: readonly T[], put: (item: T) => void): void {
  collection.clear();
  items.forEach(put);
}

function describe({ action, resource }: Call): string {
  return `${action} ${resource}`;
}
