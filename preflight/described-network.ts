import { holds, offset, type Subnet } from "../lib/cidr.ts";
import type { Conflict } from "./conflicts.ts";
import type { Range, ServedSubnet } from "../libvirt/definitions.ts";
import type { ExistingNetwork } from "../libvirt/inventory.ts";
import type { Desired, DesiredMachine } from "./desired.ts";

/**
 * Compares an existing network with the configuration. A network without addresses that libvirt serves, such as a bridge, is
 * not compared.
 */
export function networkMismatches(
  { network, machines }: Desired,
  networks: readonly ExistingNetwork[],
): readonly Conflict[] {
  const existing = networks.find(({ name }) => name === network.name);
  if (network.origin !== "existing" || existing === undefined) return [];
  const { name, subnets, domain } = existing;
  const found: string[] = [];
  if (domain !== undefined && domain !== network.domain) {
    found.push(`network ${name} has the DNS domain ${domain}, but nodeDomain is ${network.domain}`);
  }
  const served = subnets.find(({ subnet }) => subnet.cidr === network.subnet.cidr);
  if (served !== undefined) {
    found.push(...ofSubnet(served, network).map((text) => `network ${name} ${text}`));
    if (served.ranges.length === 0 && machines.some(({ isDhcp }) => isDhcp)) {
      found.push(`network ${name} has no DHCP range, but workerAddressing is dhcp`);
    }
    found.push(...ofAddresses(served, machines).map((text) => `network ${name} ${text}`));
  } else if (subnets.length > 0) {
    const has = subnets.map(({ subnet }) => subnet.cidr).join(" and ");
    found.push(`network ${name} has ${has}, but networkCidr is ${network.subnet.cidr}`);
  }
  return found.map((problem) => ({ problem, command: `net-dumpxml ${name}` }));
}

function ofSubnet({ gateway, ranges }: ServedSubnet, network: Desired["network"]): string[] {
  const { dhcpStart, dhcpEnd } = network;
  const isSame = ({ start, end }: Range) => start === dhcpStart && end === dhcpEnd;
  return [
    ...(gateway === network.gateway
      ? []
      : [
          `has the hypervisor at ${gateway}, but nodes expect it at ${network.gateway}, the first address of networkCidr`,
        ]),
    ...(ranges.length === 0 || ranges.some(isSame)
      ? []
      : [`has the DHCP range ${textOf(ranges)}, but dhcpStart and dhcpEnd are ${dhcpStart}-${dhcpEnd}`]),
  ];
}

/** Finds static addresses of nodes that a lease or a reservation of another machine may use. */
function ofAddresses({ subnet, ranges, reservations }: ServedSubnet, machines: readonly DesiredMachine[]): string[] {
  const fixed = machines.flatMap(({ domain, address, mac, isDhcp }) =>
    address === undefined || isDhcp || !holds(subnet, address) ? [] : [{ domain, address, mac }],
  );
  const reserved = Map.groupBy(reservations, ({ address }) => address);
  return fixed.flatMap(({ domain, address, mac }) => {
    const range = ranges.find((each) => isWithin(subnet, each, address));
    const other = reserved.get(address)?.find((each) => each.mac !== mac);
    return [
      ...(range === undefined
        ? []
        : [
            `has the DHCP range ${textOf([range])} with the address ${address} of ${domain}, so another machine may get a lease for it`,
          ]),
      ...(other === undefined ? [] : [`reserves ${address} of ${domain} for the machine ${other.mac}`]),
    ];
  });
}

function isWithin(subnet: Subnet, { start, end }: Range, address: string): boolean {
  const at = offset(subnet, address);
  return at >= offset(subnet, start) && at <= offset(subnet, end);
}

function textOf(ranges: readonly Range[]): string {
  return ranges.map(({ start, end }) => `${start}-${end}`).join(" and ");
}
