import { parseSubnet } from "../config/cidr.ts";
import type { Conflict } from "./conflicts.ts";
import type { ExistingNetwork, LeaseRange, NetworkAddress } from "./inventory.ts";
import type { Wanted } from "./wanted.ts";

/**
 * Where an existing network differs from what the stack says of it: subnet, gateway, DHCP range. Nodes set addresses and
 * routes by the stack's words, so a difference would show only after all machines have booted.
 *
 * A network without an IPv4 address is a bridge that libvirt only joins; nothing of it can be compared.
 */
export function misfitsOf(
  { network, staticAddresses }: Pick<Wanted, "network" | "staticAddresses">,
  there: ExistingNetwork,
): readonly Conflict[] {
  if (there.addresses.length === 0) return [];
  const look = `net-dumpxml ${network.name}`;
  const found = there.addresses.find(({ subnet }) => subnet.cidr === network.subnet.cidr);
  if (found === undefined) {
    const subnets = there.addresses.map(({ subnet }) => subnet.cidr).join(" and ");
    return [{ what: `network ${network.name} has ${subnets}, and networkCidr is ${network.subnet.cidr}`, look }];
  }
  const what: string[] = [];
  if (found.address !== network.gateway) {
    what.push(
      `network ${network.name} has the gateway ${found.address}, and nodes would use ${network.gateway}, the first ` +
        "address of networkCidr",
    );
  }
  what.push(...misfitsOfRanges(network, found));
  const leased = staticAddresses.filter((address) => found.ranges.some((range) => isLeased(address, range)));
  if (leased.length > 0) {
    const ranges = found.ranges.map(({ start, end }) => `${start}-${end}`).join(" and ");
    what.push(
      `network ${network.name} leases ${ranges}, and ${leased.join(", ")} in it would be set by nodes themselves: ` +
        "masterAddress and static workers need addresses that no lease can take",
    );
  }
  return what.map((text) => ({ what: text, look }));
}

function misfitsOfRanges(network: Wanted["network"], { ranges }: NetworkAddress): readonly string[] {
  const wanted = `${network.dhcpStart}-${network.dhcpEnd}`;
  if (ranges.length === 0) {
    return network.workerAddressing === "dhcp"
      ? [`network ${network.name} leases no addresses, and workerAddressing is dhcp`]
      : [];
  }
  if (ranges.some(({ start, end }) => `${start}-${end}` === wanted)) return [];
  const given = ranges.map(({ start, end }) => `${start}-${end}`).join(" and ");
  return [`network ${network.name} leases ${given}, and dhcpStart and dhcpEnd say ${wanted}`];
}

function isLeased(address: string, { start, end }: LeaseRange): boolean {
  const number = (text: string) => parseSubnet(`${text}/32`)?.first ?? Number.NaN;
  return number(start) <= number(address) && number(address) <= number(end);
}
