import fc from "fast-check";

/** Operation of a soak on real machines. A number chooses a node. */
export type Operation =
  | { readonly do: "grow" | "shrink" | "undo" | "resize master" | "resize workers" }
  | { readonly do: "power off" | "remove domain" | "delete Node"; readonly node: number }
  | { readonly do: "reboot" | "up" | "killed up" };

/** Settings of the stack, as far as a soak changes them. */
export interface MachineSettings {
  readonly workers: number;
  readonly masterMemoryMiB: number;
  readonly workerMemoryMiB: number;
}

/** Most workers. Each one costs minutes where machines are emulated. */
const mostWorkers = 2;

const memories = [2048, 2304] as const;

/** Settings from which a soak begins. */
export const firstSettings: MachineSettings = { workers: 1, masterMemoryMiB: 2048, workerMemoryMiB: 2048 };

const node = fc.nat(mostWorkers);
const changes: readonly fc.Arbitrary<Operation>[] = [
  ...(["grow", "shrink", "undo", "resize master", "resize workers", "reboot"] as const).map((kind) =>
    fc.constant({ do: kind }),
  ),
  ...(["power off", "remove domain", "delete Node"] as const).map((kind) => fc.record({ do: fc.constant(kind), node })),
];
const runs = fc.constantFrom<Operation>({ do: "up" }, { do: "up" }, { do: "killed up" });

/** Returns the operations of a seed: a run of `up` after each one or two others. */
export function operationsOf(seed: number, count: number): readonly Operation[] {
  const group = fc.tuple(fc.array(fc.oneof(...changes), { minLength: 1, maxLength: 2 }), runs);
  const groups = fc.array(group, { minLength: count, maxLength: count });
  const [made = []] = fc.sample(groups, { seed, numRuns: 1 });
  return made.flatMap(([before, run]) => [...before, run]).slice(0, count);
}

/** Names of the nodes that settings describe, the control plane first. */
export function nodesOf({ workers }: MachineSettings): readonly string[] {
  return ["master", ...Array.from({ length: workers }, (_, index) => `worker-node-${index + 1}`)];
}

/** Memory of a node in MiB. */
export function memoryOf(name: string, { masterMemoryMiB, workerMemoryMiB }: MachineSettings): number {
  return name === "master" ? masterMemoryMiB : workerMemoryMiB;
}

/** Says what must be true of a cluster of real machines after each `up`. */
export class MachineModel {
  #settings = firstSettings;
  #applied = firstSettings;
  readonly #history: MachineSettings[] = [];
  readonly #damaged = new Set<string>();
  readonly #withoutNode = new Set<string>();
  #rebooted = false;
  #killed = false;

  get settings(): MachineSettings {
    return this.#settings;
  }

  /** Name of the node that a number chooses among those that exist. */
  chosen(number: number): string {
    const names = nodesOf(this.#applied);
    return names[number % names.length] ?? "master";
  }

  /** Whether an operation can be performed now. */
  isPossible(operation: Operation): boolean {
    switch (operation.do) {
      case "grow":
      case "shrink":
      case "undo":
      case "resize master":
      case "resize workers":
        return this.#after(operation) !== undefined;
      case "power off":
      case "remove domain": {
        const name = this.chosen(operation.node);
        // A worker without a Node joins again only if the API server tells so.
        return this.#isWhole && !this.#damaged.has(name) && !(name === "master" && this.#withoutNode.size > 0);
      }
      case "delete Node":
        return this.#isWhole && this.chosen(operation.node) !== "master" && this.#damaged.size === 0 && !this.#rebooted;
      case "reboot":
        return this.#isWhole && this.#damaged.size === 0;
      case "up":
        return true;
      // It has a machine to create or to replace, so that there is a moment for the kill.
      case "killed up":
        return this.#isWhole && this.#replaced().length > 0;
    }
  }

  /** Records an operation that {@link isPossible}. */
  perform(operation: Operation): void {
    switch (operation.do) {
      case "power off":
      case "remove domain":
        this.#damaged.add(this.chosen(operation.node));
        return;
      case "delete Node":
        this.#withoutNode.add(this.chosen(operation.node));
        return;
      case "reboot":
        this.#rebooted = true;
        return;
      case "killed up":
        this.#killed = true;
        return;
      case "up":
        this.#applied = this.#settings;
        this.#damaged.clear();
        this.#withoutNode.clear();
        this.#rebooted = false;
        this.#killed = false;
        return;
      default:
        this.#change(this.#after(operation));
    }
  }

  /** Nodes that must not boot until the end of the next complete `up`. */
  undisturbed(): readonly string[] {
    if (this.#rebooted) return [];
    const disturbed = new Set([...this.#damaged, ...this.#replaced()]);
    return nodesOf(this.#applied).filter((name) => nodesOf(this.#settings).includes(name) && !disturbed.has(name));
  }

  #change(settings: MachineSettings | undefined): void {
    if (settings === undefined) return;
    this.#history.push(this.#settings);
    this.#settings = settings;
  }

  /** Whether no run was killed since the last complete one. Afterwards only `up` is tried, because its work is half done. */
  get #isWhole(): boolean {
    return !this.#killed;
  }

  /** Nodes whose machines the next `up` creates or replaces. */
  #replaced(): readonly string[] {
    const existing = nodesOf(this.#applied);
    return nodesOf(this.#settings).filter(
      (name) => !existing.includes(name) || memoryOf(name, this.#applied) !== memoryOf(name, this.#settings),
    );
  }

  /** Settings after a change; undefined where it would change nothing, or is impossible. */
  #after({ do: change }: Operation): MachineSettings | undefined {
    if (!this.#isWhole) return undefined;
    const settings = this.#settings;
    const other = (memory: number) => memories.find((each) => each !== memory) ?? memory;
    switch (change) {
      case "grow":
        return settings.workers < mostWorkers ? { ...settings, workers: settings.workers + 1 } : undefined;
      case "shrink":
        return settings.workers > 0 ? { ...settings, workers: settings.workers - 1 } : undefined;
      case "resize master":
        return { ...settings, masterMemoryMiB: other(settings.masterMemoryMiB) };
      case "resize workers":
        return { ...settings, workerMemoryMiB: other(settings.workerMemoryMiB) };
      case "undo":
        return this.#history.at(-1);
      default:
        return undefined;
    }
  }
}
