import { patientVirshFor, virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { resumeMachines, type Polling } from "./halted-machines.ts";
import type { Connect, LibvirtObject } from "./hypervisors.ts";
import { logLine, type Log } from "../../lib/log.ts";
import { hypervisorsOf, uriOf, type StackState, type StateResource } from "../stack/state.ts";
import { deleteLeftReservations, restoreReservations } from "./missing-reservations.ts";
import { restoreLinks, startNetworks, startPools } from "./stopped-networks.ts";

/** Options of {@link startStopped}, which tests replace. */
export interface StartOptions {
  /** @default the installed virsh */
  readonly connect?: Connect;
  /** @default {@link logLine} */
  readonly log?: Log;
  readonly polling?: Polling;
}

/**
 * Starts the objects that cannot be deleted otherwise, before a stack is destroyed: inactive pools, and machines that are
 * neither running, paused nor off. Logs failures, because the other objects can still be deleted.
 */
export async function startStoppedForDeletion(state: StackState, options: StartOptions = {}): Promise<void> {
  const { connect = virshFor, log = logLine, polling: patience } = options;
  for (const { virsh, ofKind } of await reachableHypervisors(state, connect, log)) {
    try {
      await startPools(virsh, ofKind("Pool"), log);
      await resumeMachines(virsh, ofKind("Domain"), log, patience, true);
    } catch (error) {
      log((error as Error).message);
    }
  }
}

/**
 * Starts the stack's stopped objects that a refresh does not show, so that Pulumi would not start them. They are inactive pools
 * and networks, and machines that are paused, asleep or saved. Restores the links of machines whose network was stopped, and
 * missing reservations of workers, too. Touches only objects whose UUID the state has.
 *
 * Logs a hypervisor that does not answer. Later steps that need it fail with the reason.
 * @throws when an object cannot be started, with the fix.
 */
export async function startStopped(state: StackState, options: StartOptions = {}): Promise<void> {
  const { connect = patientVirshFor, log = logLine, polling: patience } = options;
  for (const { virsh, there, ofKind } of await reachableHypervisors(state, connect, log)) {
    // Pools and networks first: a machine that continues needs its disks and its network.
    await startPools(virsh, ofKind("Pool"), log);
    await startNetworks(virsh, ofKind("Network"), log);
    for (const { name } of ofKind("Network")) {
      await restoreReservations(virsh, state, name, log);
      await deleteLeftReservations(virsh, state, name, log);
    }
    await resumeMachines(virsh, ofKind("Domain"), log, patience);
    for (const network of ofKind("Network")) {
      const linked = there.filter((resource) => networkOf(resource) === network.name).flatMap(objectOf);
      await restoreLinks(
        virsh,
        network,
        linked.map(({ uuid }) => uuid),
        log,
      );
    }
  }
}

/** A hypervisor that answers, and the resources that the state has there. */
interface Hypervisor {
  readonly virsh: Virsh;
  readonly there: readonly StateResource[];
  readonly ofKind: (kind: string) => readonly LibvirtObject[];
}

/** Hypervisors on which the state has an object. Logs and leaves out those that do not answer. */
async function reachableHypervisors(state: StackState, connect: Connect, log: Log): Promise<Hypervisor[]> {
  const created = state.resources.filter(({ type, id }) => type.startsWith("libvirt:") && id !== undefined);
  const found: Hypervisor[] = [];
  for (const uri of hypervisorsOf(state)) {
    const there = created.filter((resource) => uriOf(state, resource) === uri);
    if (there.length === 0) continue;
    const virsh = connect(uri);
    const ofKind = (kind: string) => there.filter(({ type }) => type.endsWith(`:${kind}`)).flatMap(objectOf);
    try {
      await virsh("uri");
      found.push({ virsh, there, ofKind });
    } catch (error) {
      log(`${uri} does not answer, so nothing is started there: ${(error as Error).message.split("\n").at(-1)}`);
    }
  }
  return found;
}

function objectOf({ id, outputs, inputs }: StateResource): LibvirtObject[] {
  const name = outputs?.name ?? inputs?.name;
  return id !== undefined && typeof name === "string" ? [{ uuid: id, name }] : [];
}

function networkOf({ outputs, inputs }: StateResource): unknown {
  const [link] = (outputs?.networkInterfaces ?? inputs?.networkInterfaces ?? []) as { networkName?: unknown }[];
  return link?.networkName;
}
