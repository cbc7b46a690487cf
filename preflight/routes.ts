import { readFileSync } from "node:fs";
import { parseSubnet, type Subnet } from "../lib/cidr.ts";
import { isLocal } from "../libvirt/uri.ts";
import type { Desired } from "./desired.ts";

/** A subnet that this machine reaches without its default route, and the interface to it. */
export interface LocalSubnet {
  readonly device: string;
  readonly cidr: string;
}

/** Path of the kernel's routing table. */
export const routeTable = "/proc/net/route";

/**
 * Parses the kernel's routing table, /proc/net/route. Unlike a list of interfaces, it has the bridge of a network without
 * guests, and the subnets behind a tunnel.
 */
export function parseRoutes(table: string): readonly LocalSubnet[] {
  return table
    .trim()
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device = "", destination = "", , , , , , mask = ""] = line.split("\t");
      const prefix = octets(mask).reduce((sum, octet) => sum + octet.toString(2).replaceAll("0", "").length, 0);
      return prefix === 0 ? [] : [{ device, cidr: `${octets(destination).join(".")}/${prefix}` }];
    });
}

/** The routing table has addresses in hexadecimal, with the last octet first. */
function octets(hexadecimal: string): readonly number[] {
  return (hexadecimal.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).reverse();
}

/**
 * Warns that this machine has no route to nodes on a remote hypervisor; undefined when it has a route, or none is necessary.
 *
 * The cluster's own network hides the nodes behind the hypervisor (NAT). This machine reaches the nodes and the API server
 * without a proxy, for every remote step and for the add-ons.
 */
export function unreachable({ network }: Desired, uri: string, table = readTable()): string | undefined {
  if (network.origin !== "created" || isLocal(uri) || table === undefined) return undefined;
  const routed = parseRoutes(table).flatMap(({ cidr }) => parseSubnet(cidr) ?? []);
  if (routed.some((route) => contains(route, network.subnet))) return undefined;
  const { cidr } = network.subnet;
  return (
    `this machine has no route to ${cidr}. The nodes get their addresses behind the remote hypervisor, and this machine must ` +
    `reach them by ssh and at the API server. Fix: set a route to ${cidr} through the hypervisor, here or on the gateway; the ` +
    "hypervisor must forward it. Or set network to a routed or bridged network that exists there"
  );
}

function contains(outer: Subnet, inner: Subnet): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

function readTable(): string | undefined {
  try {
    return readFileSync(routeTable, "utf8");
  } catch {
    return undefined;
  }
}
