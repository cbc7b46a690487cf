import { readNetwork, type Reservation } from "./definitions.ts";
import type { Virsh } from "./virsh.ts";

/** A reservation with the name that the network's DNS has for the address. */
export interface NamedReservation extends Reservation {
  readonly name: string;
}

/**
 * Reserves addresses in an active network for those machines that have no reservation there. The provider (0.8.3) reserves an
 * address only when it creates a domain, and never looks again.
 * @returns the reservations that were missing.
 * @throws when virsh fails, for example because another machine has the address.
 */
export async function reserveMissing(
  virsh: Virsh,
  network: string,
  desired: readonly NamedReservation[],
): Promise<readonly NamedReservation[]> {
  const { subnets } = readNetwork(await virsh("net-dumpxml", network));
  const reserved = new Set(subnets.flatMap(({ reservations }) => reservations.map(({ mac }) => mac)));
  const missing = desired.filter(({ mac }) => !reserved.has(mac));
  for (const { mac, name, address } of missing) {
    const host = `<host mac='${mac}' name='${name}' ip='${address}'/>`;
    await virsh("net-update", network, "add-last", "ip-dhcp-host", host, "--live", "--config");
  }
  return missing;
}
