import { nameOfUrn, resourceType, suffix } from "../../names.ts";
import type { Step } from "../engine-events/engine-event.ts";

/** Type tokens of the components that are nodes. */
const nodeTypes: readonly string[] = [resourceType.master, resourceType.worker];

/** Operations that do work. The engine reports others, such as `same` and `replace`, which take no time. */
const creations = ["create", "update", "create-replacement", "import"];
const deletions = ["delete", "delete-replaced"];

/** Phases of a node in their order. */
export const phases = [
  "volume",
  "boot",
  "address",
  "cloud-init",
  "init",
  "settings",
  "token",
  "join",
  "Ready",
  "drain",
  "shut down",
  "delete",
] as const;

/** Phase of a node. */
export type NodePhase = (typeof phases)[number];

/** Meaning of a step: for a node, or for the whole cluster. */
export interface Meaning {
  /** URN of the node's component; undefined for the cluster. */
  readonly node: string | undefined;
  /** Phase of a node, or the name of what the cluster gets. */
  readonly phase: string;
  readonly work: "create" | "delete" | "none";
  /** Whether the node is complete after the step. */
  readonly completes: boolean;
}

/**
 * Phases of a node's steps, by the suffix of the resource's name: of the creation, and of the deletion. A deletion without a
 * phase runs nothing.
 */
const phaseOfStep: Readonly<Record<string, readonly [NodePhase, NodePhase?]>> = {
  [suffix.hostKey]: ["address", "shut down"],
  // The first thing that the scripts of these two do is to wait for cloud-init (guest/join.sh, guest/init-control-plane.sh).
  [suffix.init]: ["cloud-init"],
  [suffix.join]: ["cloud-init"],
  [suffix.growth]: ["settings"],
  [suffix.drainPolicy]: ["settings"],
  [suffix.kubeconfig]: ["settings"],
  [suffix.token]: ["token", "drain"],
  [suffix.ready]: ["Ready"],
};

/** Type of a resource in a URN. */
function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Whether a URN is the one of a node's component. */
export function isNode(urn: string): boolean {
  return nodeTypes.includes(typeOfUrn(urn));
}

/** Whether a node is a control plane. */
export function isControlPlane(node: string): boolean {
  return typeOfUrn(node) === resourceType.master;
}

/** Returns the meaning of a step; undefined for a component, a provider, and everything else that takes no time. */
export function meaningOf({ op, urn, type, parent }: Step): Meaning | undefined {
  const work = creations.includes(op) ? "create" : deletions.includes(op) ? "delete" : "none";
  if (isNode(parent)) {
    const phase = nodePhase(type, nameOfUrn(urn).slice(nameOfUrn(parent).length))?.[work === "delete" ? 1 : 0];
    if (phase === undefined) return undefined;
    const last = isControlPlane(parent) ? suffix.kubeconfig : suffix.ready;
    return {
      node: parent,
      phase,
      work,
      completes: work !== "delete" && nameOfUrn(urn) === nameOfUrn(parent) + last,
    };
  }
  const phase = clusterPart(type, typeOfUrn(parent));
  return phase === undefined ? undefined : { node: undefined, phase, work, completes: false };
}

/** Phase after cloud-init of the same step. */
export function afterCloudInit(urn: string): NodePhase {
  return nameOfUrn(urn).endsWith(suffix.init) ? "init" : "join";
}

function nodePhase(type: string, end: string): readonly [NodePhase, NodePhase?] | undefined {
  if (type === resourceType.volume) return ["volume", "delete"];
  if (type === resourceType.domain) return ["boot", "delete"];
  return phaseOfStep[end];
}

function clusterPart(type: string, parent: string): string | undefined {
  if (type === resourceType.network) return "network";
  if (type === resourceType.pool) return "storage pool";
  if (type === resourceType.volume && parent === resourceType.baseImage) return "node image";
  // Pods are created after the joins, and the other objects beside them.
  if (type.startsWith("kubernetes:apps/")) return "add-ons";
  if (type.startsWith("kubernetes:")) return "add-on objects";
  if (type !== resourceType.remoteCommand) return undefined;
  if (parent === resourceType.nodeReadiness) return "all nodes Ready";
  return parent === resourceType.simulatedNodes ? "simulated nodes" : undefined;
}
