import { domainMark, idInNames, networkMark } from "../../topology.ts";
import type { StackState } from "../stack/state.ts";

/** Name of the stack's cluster; "" before its first `up`. */
export function clusterOf({ resources }: StackState): string {
  const cluster = resources.find(({ type }) => type === "nodeforge:index:Cluster");
  return cluster?.urn.split("::").at(-1) ?? "";
}

/** Random ids that tell the stack's cluster from others of its name; none before its first `up`. */
export function clusterIdsOf(state: StackState): readonly string[] {
  const end = `::${clusterOf(state)}-id`;
  return state.resources
    .filter(({ urn, type }) => type === "random:index/randomUuid:RandomUuid" && urn.endsWith(end))
    .map(({ outputs }) => outputs?.result)
    .filter((id): id is string => typeof id === "string" && id !== "");
}

/** Whether a domain's description begins with the mark of the stack's cluster, which has the cluster's random id. */
export function hasDomainMark(state: StackState, description: string): boolean {
  return clusterIdsOf(state).some((id) => description.startsWith(`${domainMark(clusterOf(state), id)}, machine `));
}

/** Whether a network's XML has the mark of the stack's cluster, which has the cluster's random id. */
export function hasNetworkMark(state: StackState, definition: string): boolean {
  return clusterIdsOf(state).some((id) => definition.includes(networkMark(clusterOf(state), id)));
}

/** Whether the name of a volume begins with the name of the stack's cluster and ends with the cluster's id. */
export function hasClusterId(state: StackState, volume: string): boolean {
  const stem = volume.replace(/\.(qcow2|iso)$/, "");
  return (
    volume.startsWith(`${clusterOf(state)}-`) && clusterIdsOf(state).some((id) => stem.endsWith(`-${idInNames(id)}`))
  );
}

/** Whether the state has a resource of this id. */
export function isInState({ resources }: StackState, id: string): boolean {
  return resources.some((resource) => resource.id === id);
}

/** Whether the stack has initialized a Kubernetes cluster, whose data a disk may hold. */
export function wasInitialized({ resources }: StackState): boolean {
  return resources.some(({ urn, type }) => type === "command:remote:Command" && urn.endsWith("-init"));
}
