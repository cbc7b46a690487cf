import {
  domainMark,
  hasClusterIdInName,
  hasMark,
  nameOfUrn,
  networkMark,
  resourceName,
  resourceType,
  suffix,
} from "../../names.ts";
import { clusterOf, type StackState } from "../stack/state.ts";

/** Random ids that tell the stack's cluster from others of its name; none before its first `up`. */
export function clusterIdsOf(state: StackState): readonly string[] {
  const name = `${clusterOf(state)}${suffix.id}`;
  return state.resources
    .filter(({ urn, type }) => type === resourceType.randomUuid && nameOfUrn(urn) === name)
    .map(({ outputs }) => outputs?.result)
    .filter((id): id is string => typeof id === "string" && id !== "");
}

/** Whether a domain's description begins with the mark of the stack's cluster, which has the cluster's random id. */
export function hasDomainMark(state: StackState, description: string): boolean {
  return clusterIdsOf(state).some((id) => hasMark(description, domainMark(clusterOf(state), id)));
}

/** Whether a network's XML has the mark of the stack's cluster, which has the cluster's random id. */
export function hasNetworkMark(state: StackState, definition: string): boolean {
  return clusterIdsOf(state).some((id) => definition.includes(networkMark(clusterOf(state), id)));
}

/** Whether the name of a volume begins with the name of the stack's cluster and ends with the cluster's id. */
export function hasClusterId(state: StackState, volume: string): boolean {
  const isOfCluster = volume.startsWith(resourceName(clusterOf(state), ""));
  return isOfCluster && clusterIdsOf(state).some((id) => hasClusterIdInName(volume, id));
}

/** Whether the state has a resource of this id. */
export function isInState({ resources }: StackState, id: string): boolean {
  return resources.some((resource) => resource.id === id);
}

/** Whether the stack has initialized a Kubernetes cluster, whose data a disk may hold. */
export function wasInitialized({ resources }: StackState): boolean {
  return resources.some(({ urn, type }) => type === resourceType.remoteCommand && urn.endsWith(suffix.init));
}
