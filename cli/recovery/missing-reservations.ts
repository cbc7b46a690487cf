import { parseIdentity } from "../../lifecycle/identity.ts";
import type { Reservation } from "../../libvirt/definitions.ts";
import { deleteReservations, reserveMissing, type NamedReservation } from "../../libvirt/reservations.ts";
import { VirshError, type Virsh } from "../../libvirt/virsh.ts";
import { resourceType } from "../../names.ts";
import type { Log } from "../../lib/log.ts";
import { macAddress } from "../../topology.ts";
import { clusterOf, resourcesOf, type StackState } from "../stack/state.ts";

/**
 * Reserves the addresses of the stack's workers in their network again where the reservation is missing. The removal of a
 * worker deletes its reservation before its machine. So a removal that was killed leaves a machine without a reservation, and
 * the worker may be desired again.
 *
 * Logs a failure, because a machine without a reservation works while its lease lasts.
 */
export async function restoreReservations(virsh: Virsh, state: StackState, network: string, log: Log): Promise<void> {
  try {
    const desired = reservationsIn(state, network);
    if (desired.length === 0) return;
    for (const { name, address } of await reserveMissing(virsh, network, desired))
      log(`network ${network} had no reservation for ${name}: ${address} is reserved again`);
  } catch (error) {
    const reason = error instanceof VirshError ? error.reason : String(error);
    log(`a worker has no reservation in network ${network}: ${reason.split("\n")[0]}`);
  }
}

/**
 * Deletes the reservations of the stack's workers that no step in the state would delete. A run leaves one that ended early while
 * it created the worker, and the worker may not be desired any more. Otherwise its next creation reserves an address again.
 *
 * A reservation is a worker's where its MAC address follows from its name. Logs a failure, because it only wastes an address.
 */
export async function deleteLeftReservations(
  virsh: Virsh,
  state: StackState,
  network: string,
  log: Log,
): Promise<void> {
  const cluster = clusterOf(state);
  if (cluster === "") return;
  const kept = new Set([
    ...resourcesOf(state, resourceType.localCommand).map(({ inputs }) => at(inputs, "environment", "MAC")),
    // The provider reserves the control plane's address with its domain.
    ...resourcesOf(state, resourceType.domain).flatMap(({ inputs }) => {
      const lan = at(inputs, "networkInterfaces", "0");
      return at(lan, "addresses") === undefined ? [] : [at(lan, "mac")];
    }),
  ]);
  const isLeft = ({ mac, name }: Reservation) =>
    name !== undefined && mac === macAddress(cluster, name) && !kept.has(mac);
  try {
    for (const { name, address } of await deleteReservations(virsh, network, isLeft))
      log(`network ${network} reserved ${address} for ${name}, whose creation ended early: the reservation is deleted`);
  } catch (error) {
    const reason = error instanceof VirshError ? error.reason : String(error);
    log(`network ${network} may keep a reservation of a worker that does not exist: ${reason.split("\n")[0]}`);
  }
}

/** Value at a path of properties; undefined where a part is missing. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

/** Reservations that the workers with these steps have in a network. A step of an earlier release has no name of a node. */
function reservationsIn(state: StackState, network: string): NamedReservation[] {
  return resourcesOf(state, resourceType.localCommand).flatMap(({ inputs, outputs }) => {
    const { NETWORK, MAC, NODE } = (inputs?.environment ?? {}) as Partial<Record<string, unknown>>;
    const identity = outputs?.stdout;
    if (NETWORK !== network || typeof MAC !== "string" || typeof NODE !== "string" || typeof identity !== "string")
      return [];
    return { name: NODE, mac: MAC, address: parseIdentity(identity).address };
  });
}
