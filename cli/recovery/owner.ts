import { idInNames } from "../../topology.ts";
import type { StackState } from "../stack/state.ts";

/** Name of the stack's cluster; "" before its first `up`. */
export function clusterOf({ resources }: StackState): string {
  const cluster = resources.find(({ type }) => type === "nodeforge:index:Cluster");
  return cluster?.urn.split("::").at(-1) ?? "";
}

/** The random ids that tell the stack's cluster from others of its name; none before its first `up`. */
export function clusterIdsOf(state: StackState): readonly string[] {
  const end = `::${clusterOf(state)}-id`;
  return state.resources
    .filter(({ urn, type }) => type === "random:index/randomUuid:RandomUuid" && urn.endsWith(end))
    .map(({ outputs }) => outputs?.result)
    .filter((id): id is string => typeof id === "string" && id !== "");
}

/** Whether the name of a volume begins with the name of the stack's cluster and ends with the cluster's id. */
export function hasClusterId(state: StackState, volume: string): boolean {
  const stem = volume.replace(/\.(qcow2|iso)$/, "");
  return (
    volume.startsWith(`${clusterOf(state)}-`) && clusterIdsOf(state).some((id) => stem.endsWith(`-${idInNames(id)}`))
  );
}

/** Whether the state has something of this id. */
export function isKnown({ resources }: StackState, id: string): boolean {
  return resources.some((resource) => resource.id === id);
}

/** Whether the stack has made a Kubernetes cluster, whose data a disk may hold. */
export function wasInitialized({ resources }: StackState): boolean {
  return resources.some(({ urn, type }) => type === "command:remote:Command" && urn.endsWith("-init"));
}
