import type { Model } from "./soak-model.ts";
import type { Damage } from "./soak-resources.ts";
import { controlPlane, type Image } from "./soak-settings.ts";

/** Change of the cluster by hand. The next run repairs it. A number chooses a node. */
export type ByHand =
  | { readonly do: keyof typeof damages; readonly node: number }
  | { readonly do: "remove base image"; readonly image: Image }
  | { readonly do: "reboot" };

/** A user who changes a cluster by hand. A method about an object tells whether it existed. */
export interface Hands {
  /** Removes a domain, or a disk by its name. */
  remove(kind: "Domain" | "Volume", name: string): boolean;
  removeBase(image: Image): boolean;
  powerOff(name: string): boolean;
  deleteNode(name: string): boolean;
  /** Restarts every machine that runs, as a restart of the hypervisor does. */
  reboot(): void;
}

/** Damage of a node by each change of a node by hand. */
export const damages = {
  "remove domain": "domain",
  "remove root disk": "root",
  "remove seed disk": "seed",
  "power off": "off",
  "delete Node": "Node",
} as const satisfies Record<string, Damage>;

/** Whether the model knows nothing that makes a change impossible. */
export function isPossible(operation: ByHand, model: Readonly<Model>): boolean {
  if (operation.do === "reboot") return true;
  if (operation.do === "remove base image") return model.bases?.has(operation.image) ?? true;
  const { damage } = model.nodes.get(chosen(operation.node, model))!;
  const wanted = damages[operation.do];
  return !damage.has(wanted) && !(wanted === "off" && damage.has("domain"));
}

/** Makes a change, and tells the model of it where the object existed. */
export function changeByHand(operation: ByHand, model: Model, hands: Hands): void {
  if (operation.do === "reboot") return hands.reboot();
  if (operation.do === "remove base image") {
    if (hands.removeBase(operation.image)) model.loseBase(operation.image);
    return;
  }
  const name = chosen(operation.node, model);
  const isDone = {
    "remove domain": () => hands.remove("Domain", name),
    "remove root disk": () => hands.remove("Volume", `${name}-root`),
    "remove seed disk": () => hands.remove("Volume", `${name}-seed`),
    "power off": () => hands.powerOff(name),
    "delete Node": () => hands.deleteNode(name),
  }[operation.do]();
  if (isDone) model.damage(name, damages[operation.do]);
}

/** Name of the node that a number chooses. */
function chosen(number: number, { nodes }: Readonly<Model>): string {
  const names = [...nodes.keys()];
  return names[number % names.length] ?? controlPlane;
}
