import { setTimeout as sleep } from "node:timers/promises";
import { Things, type Thing } from "./things.ts";

/** Operation of a plugin on a resource. */
export type Action = "create" | "update" | "delete";

/** One operation that reached a plugin. A preview is no operation. */
export interface Call {
  readonly action: Action;
  /** Kind and short name of the resource, such as `Domain worker-node-1`. */
  readonly resource: string;
  /** Script of guest/ that ran, for remote commands. */
  script?: string;
  /** Position in the order of all starts and ends. */
  readonly began: number;
  /** Position of its end; undefined while it runs, and after a failure. */
  ended?: number;
}

/** Moment of a hook: before the operation's effect, or after the effect and before the engine's answer. */
export type Moment = "before" | "after";

/** Thrown by a hook after a create: the thing stays, and the engine gets the thing and the error. */
export class PartlyCreated extends Error {}

type Hook = (call: Call) => Promise<void> | void;

/** The simulated hypervisor and cluster: every thing that exists, every call of a plugin, and the faults of a test. */
export class World {
  readonly calls: Call[] = [];
  readonly things = new Things();
  /** Names of the nodes with a reserved address, by network and MAC address. */
  readonly reservations = new Map<string, string>();
  readonly #hooks: { moment: Moment; pattern: RegExp; hook: Hook }[] = [];
  readonly #leases = new Map<string, string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #milliseconds: number;
  #clock = 0;

  /**
   * @param milliseconds Duration of each operation. An operation that does not wait for another one starts within this time,
   *   so the order of calls shows a missing dependency. A benchmark passes 0. @default 20
   */
  constructor(milliseconds = 20) {
    this.#milliseconds = milliseconds;
  }

  /** Adds a hook to every matching operation (`create Domain master`). A hook that throws makes the operation fail. */
  on(moment: Moment, pattern: RegExp, hook: Hook): void {
    this.#hooks.push({ moment, pattern, hook });
  }

  /** Forgets all hooks. */
  calm(): void {
    this.#hooks.length = 0;
  }

  /** Performs an operation between its hooks, and records it. */
  perform<T>(action: Action, resource: string, effect: (call: Call) => T): Promise<T> {
    const operation = this.#perform(action, resource, effect);
    this.#running.add(operation);
    const end = () => this.#running.delete(operation);
    operation.then(end, end);
    return operation;
  }

  /**
   * Waits for the end of running operations, at most a second. An operation of a killed CLI ends after that CLI, as it would in
   * libvirt, and must not change what the test does next.
   */
  async settled(): Promise<void> {
    await Promise.race([Promise.allSettled(this.#running), sleep(1000)]);
  }

  async #perform<T>(action: Action, resource: string, effect: (call: Call) => T): Promise<T> {
    const call: Call = { action, resource, began: this.#clock++ };
    this.calls.push(call);
    await this.#run("before", call);
    if (this.#milliseconds > 0) await sleep(this.#milliseconds);
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

  /** Creates a thing. @param adopt Whether it replaces one of the same name. @throws otherwise, as libvirt does. */
  add(thing: Thing, adopt: boolean): void {
    const other = this.things.named(thing.type, thing.taken);
    if (other && !adopt) throw new Error(`${thing.taken} exists already with id ${other.id}`);
    if (other) this.drop(other);
    this.things.add(thing);
  }

  drop(thing: Thing): void {
    this.things.delete(thing);
  }

  find(type: string, id: string): Thing | undefined {
    return this.things.find(type, id);
  }

  /** The things of a type, by the last part of its token. */
  ofKind(kind: string): Thing[] {
    return this.things.typesOf(kind).flatMap((type) => this.things.ofType(type));
  }

  /** The thing of a kind and a name. */
  named(kind: string, taken: string): Thing | undefined {
    return this.#first(kind, (type) => this.things.named(type, taken));
  }

  /** The thing of a kind and an id. */
  withId(kind: string, id: string): Thing | undefined {
    return this.#first(kind, (type) => this.things.find(type, id));
  }

  #first(kind: string, find: (type: string) => Thing | undefined): Thing | undefined {
    for (const type of this.things.typesOf(kind)) {
      const found = find(type);
      if (found) return found;
    }
    return undefined;
  }

  /** Address of a MAC address from the DHCP server, always the same. */
  lease(mac: string): string {
    const lease = this.#leases.get(mac) ?? address(this.#leases.size);
    this.#leases.set(mac, lease);
    return lease;
  }

  /** Saves the world. Returns a function that restores it, and forgets calls and hooks. */
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

  /** Returns and forgets the operations since the last time, so that a test sees only its own. */
  takeCalls(): Calls {
    return new Calls(this.calls.splice(0));
  }
}

/** The operations of one command, with the queries of tests. */
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

  /** Operations that match. @throws when none does, because an order without operations proves nothing. */
  matching(pattern: RegExp): Call[] {
    const found = this.all.filter(({ action, resource }) => pattern.test(`${action} ${resource}`));
    if (found.length === 0) throw new Error(`no operation matches ${pattern}: ${this.list.join(", ")}`);
    return found;
  }

  /** Pairs in which the latter started before the end of the former; empty when the order is right. */
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

/** Address of the DHCP server's range by its number. After 192.168.222.255 comes 192.168.223.0. */
function address(number: number): string {
  const host = 222 * 256 + 100 + number;
  return `192.168.${host >> 8}.${host & 255}`;
}

function describe({ action, resource }: Call): string {
  return `${action} ${resource}`;
}
