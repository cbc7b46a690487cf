import { readFileSync } from "node:fs";
import { parseSubnet, type Subnet } from "../lib/cidr.ts";
import { isLocal } from "../libvirt/uri.ts";
import type { Desired } from "./desired.ts";

/** A subnet that this machine reaches without its default route, and the interface it does so through. */
export interface LocalSubnet {
  readonly device: string;
  readonly cidr: string;
}

/** Linux' table of routes. */
export const routeTable = "/proc/net/route";

/**
 * Reads the kernel's routing table, /proc/net/route. Unlike a list of interfaces it has the bridge of a network without
 * guests, and what is reached through a tunnel.
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

/** The table has addresses in hexadecimal, the last octet first. */
function octets(hexadecimal: string): readonly number[] {
  return (hexadecimal.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).reverse();
}

/**
 * What keeps this machine from the nodes on another one's network; undefined where nothing is known to.
 *
 * The network that is made hides its nodes behind the hypervisor (NAT), and every remote step, the API server and the add-ons
 * are reached directly.
 */
export function unreachable({ network }: Desired, uri: string, table = readTable()): string | undefined {
  if (network.origin !== "created" || isLocal(uri) || table === undefined) return undefined;
  const routed = parseRoutes(table).flatMap(({ cidr }) => parseSubnet(cidr) ?? []);
  if (routed.some((route) => contains(route, network.subnet))) return undefined;
  const { cidr } = network.subnet;
  return (
    `this machine has no route to ${cidr}: nodes get their addresses behind the remote hypervisor, and have to be reached ` +
    `from here by ssh and at the API server. Either set a route, here or on the gateway, to ${cidr} by way of the hypervisor, ` +
    "which must let it pass; or name a routed or bridged network that exists there, with network"
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
