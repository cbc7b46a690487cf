import { readNetwork, type Reservation, type ServedSubnet } from "./definitions.ts";
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
  for (const machine of missing) await addReservation(virsh, network, machine);
  return missing;
}

/** Reserves an address in an active network. @throws as {@link reserveMissing} does. */
export async function addReservation(virsh: Virsh, network: string, machine: NamedReservation): Promise<void> {
  const { mac, name, address } = machine;
  const host = `<host mac='${mac}' name='${name}' ip='${address}'/>`;
  await virsh("net-update", network, "add-last", "ip-dhcp-host", host, "--live", "--config");
}

/**
 * Deletes reservations in an active network.
 * @returns the reservations that were deleted.
 * @throws when virsh fails.
 */
export async function deleteReservations(
  virsh: Virsh,
  network: string,
  isLeft: (reservation: Reservation) => boolean,
): Promise<readonly Reservation[]> {
  const { subnets } = readNetwork(await virsh("net-dumpxml", network));
  const left = subnets.flatMap(({ reservations }) => reservations).filter(isLeft);
  for (const { mac } of left)
    await virsh("net-update", network, "delete", "ip-dhcp-host", `<host mac='${mac}'/>`, "--live", "--config");
  return left;
}

/**
 * Tells whether the reservation of a machine has its address.
 * @param subnets Those of {@link readNetwork}.
 * @returns false where the machine has no reservation.
 * @throws when the address is not the machine's: another one is reserved for it, or another machine or the gateway has this one.
 */
export function isReserved(subnets: readonly ServedSubnet[], { mac, address }: Reservation): boolean {
  const reservations = subnets.flatMap((each) => each.reservations);
  const own = reservations.find((each) => each.mac === mac);
  if (own?.address === address) return true;
  if (own !== undefined)
    throw new Error(`it reports the address ${address}, and ${own.address} is reserved for ${mac}`);
  const other = reservations.find((each) => each.address === address)?.mac;
  const holder = subnets.some(({ gateway }) => gateway === address) ? "the gateway" : other;
  if (holder !== undefined) throw new Error(`it reports the address ${address}, which is that of ${holder}`);
  return false;
}
