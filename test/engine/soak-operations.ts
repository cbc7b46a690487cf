import type fc from "fast-check";
import type { Model } from "./soak-model.ts";
import type { Damage } from "./soak-resources.ts";
import {
  controlPlane,
  imagesOf,
  mostWorkers,
  type Desired,
  type Image,
  type Pool,
  type PoolName,
} from "./soak-settings.ts";
import type { Stop } from "./soak-stops.ts";
import { isSame } from "./soak-world.ts";

/** Change of the settings. */
export type Change =
  | { readonly do: "grow" | "shrink"; readonly pool: PoolName; readonly by: number }
  | { readonly do: "resize"; readonly pool: PoolName | "control plane"; readonly memoryMiB: number }
  | { readonly do: "label"; readonly pool: PoolName; readonly labels: readonly string[] }
  | { readonly do: "taint"; readonly pool: PoolName; readonly taints: readonly string[] }
  | { readonly do: "roll"; readonly image: Image; readonly maxUnavailable: number }
  | { readonly do: "roll pool"; readonly pool: PoolName; readonly image: Image | undefined }
  | { readonly do: "undo"; readonly changes: number }
  | { readonly do: "repeat" };

/** Change by hand. The next run repairs it. A number chooses a node. */
type ByHand =
  | { readonly do: "remove domain" | "remove root disk" | "remove seed disk"; readonly node: number }
  | { readonly do: "power off" | "delete Node"; readonly node: number }
  | { readonly do: "remove base image"; readonly image: Image }
  | { readonly do: "reboot" }
  | { readonly do: "remove data disk" };

/** One operation of a soak, as the list of a failure names it. */
export type Operation = (Change & { readonly stop?: Stop }) | ByHand;

/** Cluster that operations change, and that knows what they may not change. A method about an object tells whether it existed. */
export interface SoakTarget {
  /** Operations since the last reset. */
  readonly performed: Operation[];
  /** Goes back to the first cluster. */
  reset(): Promise<void>;
  /** Gives the cluster the desired settings, unless the run ends early. @throws when the model expects another result. */
  run(model: Model, stop?: Stop): Promise<void>;
  /** @throws when an unchanged run changes something. */
  expectNothingToDo(): Promise<void>;
  /** Removes a domain, or a disk by its name. */
  remove(kind: "Domain" | "Volume", name: string): boolean;
  removeBase(image: Image): boolean;
  powerOff(name: string): boolean;
  deleteNode(name: string): boolean;
  reboot(): void;
  /** Removes the data disk, and expects that the next run is refused. */
  loseData(model: Model): Promise<void>;
}

/** An operation that fast-check performs on the model and on a cluster. */
export class Step implements fc.AsyncCommand<Model, SoakTarget> {
  readonly operation: Operation;

  constructor(operation: Operation) {
    this.operation = operation;
  }

  check(model: Readonly<Model>): boolean {
    const { operation } = this;
    if (isByHand(operation)) return isPossible(operation, model);
    return desiredAfter(operation, model) !== undefined;
  }

  async run(model: Model, cluster: SoakTarget): Promise<void> {
    const { operation } = this;
    cluster.performed.push(operation);
    if (isByHand(operation)) return changeByHand(operation, model, cluster);
    const desired = desiredAfter(operation, model);
    if (desired !== undefined && !isSame(desired, model.desired)) model.want(desired);
    await cluster.run(model, operation.stop);
  }

  toString(): string {
    return JSON.stringify(this.operation);
  }
}

const byHand = [
  "remove domain",
  "remove root disk",
  "remove seed disk",
  "power off",
  "delete Node",
  "remove base image",
  "reboot",
  "remove data disk",
] as const;

function isByHand(operation: Operation): operation is ByHand {
  return byHand.some((name) => name === operation.do);
}

/** Settings after a change; undefined where the change is none. */
function desiredAfter(change: Change, model: Readonly<Model>): Desired | undefined {
  const { desired } = model;
  const withPool = (name: PoolName, changed: Partial<Pool>): Desired => ({
    ...desired,
    pools: { ...desired.pools, [name]: { ...desired.pools[name], ...changed } },
  });
  const other = (changed: Desired | undefined) =>
    changed === undefined || isSame(changed, desired) ? undefined : changed;
  switch (change.do) {
    case "grow":
    case "shrink": {
      const count = desired.pools[change.pool].count + (change.do === "grow" ? change.by : -change.by);
      return count < 0 || count > mostWorkers ? undefined : withPool(change.pool, { count });
    }
    case "resize": {
      const { pool, memoryMiB } = change;
      return other(pool === "control plane" ? { ...desired, memoryMiB } : withPool(pool, { memoryMiB }));
    }
    case "label":
      return other(withPool(change.pool, { labels: change.labels }));
    case "taint":
      return other(withPool(change.pool, { taints: change.taints }));
    case "roll":
      return other({ ...desired, image: change.image, maxUnavailable: change.maxUnavailable });
    case "roll pool": {
      return other(withPool(change.pool, { image: change.image }));
    }
    case "undo":
      return other(model.earlier(change.changes));
    case "repeat":
      return desired;
  }
}

/** Damage of a node by each change by hand. */
const damages = {
  "remove domain": "domain",
  "remove root disk": "root",
  "remove seed disk": "seed",
  "power off": "off",
  "delete Node": "Node",
} as const satisfies Record<string, Damage>;

/** Name of the node that a number chooses. */
function chosen(number: number, { nodes }: Readonly<Model>): string {
  const names = [...nodes.keys()];
  return names[number % names.length] ?? controlPlane;
}

function isPossible(operation: ByHand, model: Readonly<Model>): boolean {
  if (operation.do === "remove base image") return imagesOf(model.desired).has(operation.image);
  if (!("node" in operation)) return true;
  const node = model.nodes.get(chosen(operation.node, model))!;
  const damage = damages[operation.do];
  if (node.damage.has(damage)) return false;
  if (damage === "off") return !node.damage.has("domain");
  return true;
}

async function changeByHand(operation: ByHand, model: Model, cluster: SoakTarget): Promise<void> {
  switch (operation.do) {
    case "reboot":
      return cluster.reboot();
    case "remove data disk":
      return cluster.loseData(model);
    case "remove base image":
      if (cluster.removeBase(operation.image)) model.loseBase(operation.image);
      return;
  }
  const name = chosen(operation.node, model);
  const isDone = {
    "remove domain": () => cluster.remove("Domain", name),
    "remove root disk": () => cluster.remove("Volume", `${name}-root`),
    "remove seed disk": () => cluster.remove("Volume", `${name}-seed`),
    "power off": () => cluster.powerOff(name),
    "delete Node": () => cluster.deleteNode(name),
  }[operation.do]();
  if (isDone) model.damage(name, damages[operation.do]);
}
