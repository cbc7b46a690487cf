import { parseIdentity } from "../../lifecycle/identity.ts";
import { reserveMissing, type NamedReservation } from "../../libvirt/reservations.ts";
import { VirshError, type Virsh } from "../../libvirt/virsh.ts";
import { resourceType } from "../../names.ts";
import type { Log } from "../../lib/log.ts";
import { resourcesOf, type StackState } from "../stack/state.ts";

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
