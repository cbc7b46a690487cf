import { holds, offset, type Subnet } from "../lib/cidr.ts";
import type { Conflict } from "./conflicts.ts";
import type { Range, ServedSubnet } from "../libvirt/definitions.ts";
import type { ExistingNetwork } from "../libvirt/inventory.ts";
import type { Desired, DesiredMachine } from "./desired.ts";

/**
 * What the configuration says of an existing network and its definition says otherwise. A network whose addresses libvirt does
 * not serve, such as a bridge, cannot be compared.
 */
export function differences({ network, machines }: Desired, there: readonly ExistingNetwork[]): readonly Conflict[] {
  const existing = there.find(({ name }) => name === network.name);
  if (network.origin !== "existing" || existing === undefined) return [];
  const { name, subnets, domain } = existing;
  const said: string[] = [];
  if (domain !== undefined && domain !== network.domain) {
    said.push(`network ${name} has the DNS domain ${domain}, nodeDomain says ${network.domain}`);
  }
  const served = subnets.find(({ subnet }) => subnet.cidr === network.subnet.cidr);
  if (served !== undefined) {
    said.push(...ofSubnet(served, network).map((text) => `network ${name} ${text}`));
    if (served.ranges.length === 0 && machines.some(({ isDhcp }) => isDhcp)) {
      said.push(`network ${name} hands out no addresses, and workerAddressing is dhcp`);
    }
    said.push(...ofAddresses(served, machines).map((text) => `network ${name} ${text}`));
  } else if (subnets.length > 0) {
    const has = subnets.map(({ subnet }) => subnet.cidr).join(" and ");
    said.push(`network ${name} has ${has}, networkCidr says ${network.subnet.cidr}`);
  }
  return said.map((what) => ({ what, look: `net-dumpxml ${name}` }));
}

function ofSubnet({ gateway, ranges }: ServedSubnet, network: Desired["network"]): string[] {
  const { dhcpStart, dhcpEnd } = network;
  const isSame = ({ start, end }: Range) => start === dhcpStart && end === dhcpEnd;
  return [
    ...(gateway === network.gateway
      ? []
      : [
          `has the hypervisor at ${gateway}, and nodes expect it at ${network.gateway}, the first address of networkCidr`,
        ]),
    ...(ranges.length === 0 || ranges.some(isSame)
      ? []
      : [`hands out ${textOf(ranges)}, dhcpStart and dhcpEnd say ${dhcpStart}-${dhcpEnd}`]),
  ];
}

/** Addresses that nodes set themselves, and that a lease or a reservation of somebody else's may have. */
function ofAddresses({ subnet, ranges, reservations }: ServedSubnet, machines: readonly DesiredMachine[]): string[] {
  const fixed = machines.flatMap(({ domain, address, mac, isDhcp }) =>
    address === undefined || isDhcp || !holds(subnet, address) ? [] : [{ domain, address, mac }],
  );
  return fixed.flatMap(({ domain, address, mac }) => {
    const range = ranges.find((each) => isWithin(subnet, each, address));
    const other = reservations.find((each) => each.address === address && each.mac !== mac);
    return [
      ...(range === undefined
        ? []
        : [`hands out ${textOf([range])}, and ${address} of ${domain} lies in it: a lease could take it`]),
      ...(other === undefined ? [] : [`keeps ${address} for the machine ${other.mac}, and ${domain} is to have it`]),
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
