import pMap from "p-map";
import type { Virsh } from "../../libvirt/virsh.ts";
import { machinesOf } from "../machines/machine.ts";
import { clusterIdsOf } from "../recovery/owner.ts";
import { clusterOf, hypervisorsOf, type StackState } from "../stack/state.ts";
import { markedDomains, type MarkedDomain } from "./marked-domains.ts";

/** A cluster of this machine, or a stack without one. */
export interface ListedCluster {
  /** Undefined for a stack without a cluster. */
  readonly cluster?: string;
  /** Undefined for a cluster of another checkout. */
  readonly stack?: string;
  /** Path of the checkout; undefined for another one, which libvirt does not know. */
  readonly checkout?: string;
  /** Hypervisors of its machines. */
  readonly hypervisors: readonly string[];
  /** Machines that libvirt or the state has. */
  readonly machines: number;
  /** Undefined where a hypervisor does not answer. */
  readonly running?: number;
  /** Memory of all its machines, also of those that are off; undefined where a hypervisor does not answer. */
  readonly memoryMiB?: number;
}

/** All clusters, and the parts that could not be read. */
export interface ClusterList {
  readonly clusters: readonly ListedCluster[];
  /** One sentence for each stack and hypervisor without an answer. */
  readonly problems: readonly string[];
}

/** A stack with its state, or the reason why it cannot be read. */
export interface ReadStack {
  readonly stack: string;
  readonly state: StackState | Error;
}

interface FoundDomain extends MarkedDomain {
  readonly uri: string;
}

/**
 * Lists the clusters of a checkout's stacks, then those of other checkouts on the same hypervisors, by the marks of their
 * domains.
 * @param uris Hypervisors to ask beside those of the stacks.
 */
export async function listClusters(
  checkout: string,
  stacks: readonly ReadStack[],
  uris: readonly string[],
  connect: (uri: string) => Virsh,
): Promise<ClusterList> {
  const states = stacks.flatMap(({ state }) => (state instanceof Error ? [] : [state]));
  const asked = [...new Set([...uris, ...states.flatMap(hypervisorsOf)])];
  const silent = new Map<string, string>();
  const domains = await pMap(asked, async (uri): Promise<readonly FoundDomain[]> => {
    try {
      return (await markedDomains(connect(uri))).map((domain) => ({ ...domain, uri }));
    } catch (error) {
      silent.set(uri, (error as Error).message);
      return [];
    }
  });
  const found = domains.flat();
  const isSilent = (uri: string) => silent.has(uri);
  const own = stacks.map((read) => listStack(checkout, read, found, isSilent));
  const taken = new Set(own.flatMap(({ domains }) => domains));
  return {
    clusters: [...own.map(({ row }) => row), ...listOthers(found.filter((domain) => !taken.has(domain)))],
    problems: [
      ...stacks.flatMap(({ stack, state }) =>
        state instanceof Error ? [`the state of stack ${stack} cannot be read: ${state.message}`] : [],
      ),
      ...[...silent.values()].map((reason) => `a hypervisor does not answer: ${reason}`),
    ],
  };
}

function listStack(
  checkout: string,
  { stack, state }: ReadStack,
  found: readonly FoundDomain[],
  isSilent: (uri: string) => boolean,
): { readonly row: ListedCluster; readonly domains: readonly FoundDomain[] } {
  const nothing = { stack, checkout, hypervisors: [], machines: 0 };
  if (state instanceof Error) return { row: nothing, domains: [] };
  const name = clusterOf(state);
  if (name === "") return { row: { ...nothing, running: 0, memoryMiB: 0 }, domains: [] };
  const recorded = machinesOf(state).map(({ uuid }) => uuid);
  const ids = clusterIdsOf(state);
  const domains = found.filter(({ uuid, clusterId }) => recorded.includes(uuid) || ids.includes(clusterId));
  const hypervisors = hypervisorsOf(state);
  const machines = new Set([...recorded, ...domains.map(({ uuid }) => uuid)]).size;
  const live = hypervisors.some(isSilent) ? {} : liveNumbers(domains);
  return { row: { cluster: name, stack, checkout, hypervisors, machines, ...live }, domains };
}

function listOthers(domains: readonly FoundDomain[]): readonly ListedCluster[] {
  const byId = Map.groupBy(domains, ({ clusterId }) => clusterId);
  return [...byId.values()]
    .map((group) => ({
      cluster: group[0]?.cluster ?? "",
      hypervisors: [...new Set(group.map(({ uri }) => uri))],
      machines: group.length,
      ...liveNumbers(group),
    }))
    .sort((a, b) => a.cluster.localeCompare(b.cluster));
}

function liveNumbers(domains: readonly MarkedDomain[]) {
  return {
    running: domains.filter(({ isRunning }) => isRunning).length,
    memoryMiB: domains.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0),
  };
}
