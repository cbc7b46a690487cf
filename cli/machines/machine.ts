import { clusterStateOf, type ClusterNode } from "../diagnose/state.ts";
import { resourcesOf, type StackState } from "../stack/state.ts";
import { readDomainState, type DomainState } from "../../libvirt/domain-state.ts";
import type { Virsh } from "../../libvirt/virsh.ts";
import { nameOfUrn, resourceType } from "../../names.ts";

/** A node of the stack that has a machine. */
export interface Machine extends Pick<ClusterNode, "name" | "role" | "address" | "hostKey"> {
  /** UUID of the domain. Every call names the machine by it, so another domain of the same name is never touched. */
  readonly uuid: string;
  /** Name of the domain. */
  readonly domain: string;
  /** URI of its hypervisor. */
  readonly uri: string;
}

/** Machines of a stack, the control plane first. A node whose machine was not created has none. */
export function machinesOf(state: StackState): readonly Machine[] {
  const ids = new Map(resourcesOf(state, resourceType.domain).map(({ urn, id }) => [nameOfUrn(urn), id]));
  return clusterStateOf(state).nodes.flatMap(({ name, role, resource, uri, address, hostKey }) => {
    const uuid = ids.get(resource);
    return uuid === undefined || uri === undefined
      ? []
      : [{ name, role, address, hostKey, uuid, domain: resource, uri }];
  });
}

/** Machines of a stack. @throws when it has none. */
export function machinesOrFail(state: StackState, stack: string): readonly Machine[] {
  const machines = machinesOf(state);
  if (machines.length === 0) throw new Error(`stack ${stack} has no machine. Fix: npm run up`);
  return machines;
}

/** Returns the machine of a node. @throws naming the nodes of the stack. */
export function machineOf(state: StackState, stack: string, name: string): Machine {
  const machines = machinesOrFail(state, stack);
  const found = machines.find((machine) => machine.name === name || machine.domain === name);
  if (found !== undefined) return found;
  const known = machines.map((machine) => machine.name).join(", ");
  throw new Error(`stack ${stack} has no node ${JSON.stringify(name)}, it has ${known}. Fix: name one of them`);
}

/** Reads the state of a machine; "missing" where libvirt does not have it. @throws when the hypervisor does not answer. */
export async function readMachineState(virsh: Virsh, uuid: string): Promise<DomainState> {
  try {
    return await readDomainState(virsh, uuid);
  } catch (error) {
    if (/failed to get domain|Domain not found/i.test((error as Error).message))
      return { state: "missing", reason: "" };
    throw error;
  }
}

/** State of a machine as one word for a table. */
export function wordFor({ state, reason }: DomainState): string {
  if (state === "shut off") return reason === "saved" ? "saved" : "off";
  return state;
}
