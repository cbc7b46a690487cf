import { isDeepStrictEqual } from "node:util";
import { imageOfBaseVolume } from "../../names.ts";
import { label } from "./names.ts";
import type { Hands } from "./soak-damages.ts";
import type { Image } from "./soak-settings.ts";
import type { TestStack } from "./stack.ts";
import type { Thing } from "./things.ts";

/** Changes a simulated hypervisor by hand. Each change throws when it reaches another object, too. */
export class SoakHands implements Hands {
  readonly #stack: Pick<TestStack, "world" | "guests">;
  readonly #images: ReadonlyMap<string, Image>;

  /** @param images Images by their short digest. */
  constructor(stack: Pick<TestStack, "world" | "guests">, images: ReadonlyMap<string, Image>) {
    this.#stack = stack;
    this.#images = images;
  }

  remove(kind: "Domain" | "Volume", name: string): boolean {
    return this.#drop(this.#find(kind, name));
  }

  removeBase(image: Image): boolean {
    const isOf = ({ id }: Thing) => this.#images.get(imageOfBaseVolume(id) ?? "") === image;
    const volumes = this.#stack.world.ofKind("Volume");
    return this.#drop(volumes.find((volume) => label(volume.urn) === "Volume base" && isOf(volume)));
  }

  powerOff(name: string): boolean {
    const domain = this.#find("Domain", name);
    if (domain === undefined) return false;
    const wasRunning = this.#stack.guests.isRunning(domain.id);
    this.#only(wasRunning ? [domain] : [], () => this.#stack.guests.stop(domain.id));
    return true;
  }

  /** Deletes a Node, as `kubectl delete node` does. */
  deleteNode(name: string): boolean {
    this.#only([], () => this.#stack.guests.deleteNode(name));
    return true;
  }

  reboot(): void {
    const { world, guests } = this.#stack;
    const running = world.ofKind("Domain").filter(({ id }) => guests.isRunning(id));
    this.#only(running, () => running.forEach(({ id }) => guests.stop(id)));
    this.#only(running, () => running.forEach(({ id }) => guests.start(id)));
  }

  #find(kind: string, name: string): Thing | undefined {
    return this.#stack.world.ofKind(kind).find(({ urn }) => label(urn) === `${kind} ${name}`);
  }

  #drop(thing: Thing | undefined): boolean {
    if (thing === undefined) return false;
    this.#only([thing], () => {
      this.#stack.world.drop(thing);
      this.#stack.guests.remove(thing.id);
    });
    return true;
  }

  /** Makes a change. @throws unless it changes these things and no other. */
  #only(things: readonly Thing[], change: () => void): void {
    const before = this.#states();
    change();
    const after = this.#states();
    const all = new Set([...before.keys(), ...after.keys()]);
    const changed = [...all].filter((thing) => !isDeepStrictEqual(before.get(thing), after.get(thing)));
    const names = (found: readonly Thing[]) => found.map(({ urn, id }) => `${label(urn)} ${id}`).sort();
    if (isDeepStrictEqual(names(changed), names(things))) return;
    throw new Error(`a change by hand changed ${names(changed).join(", ")}, expected ${names(things).join(", ")}`);
  }

  /** Everything that a change of a thing could change. */
  #states(): ReadonlyMap<Thing, object> {
    const { world, guests } = this.#stack;
    return new Map(
      [...world.things].map((thing) => [thing, { ...structuredClone(thing), runs: guests.isRunning(thing.id) }]),
    );
  }
}
