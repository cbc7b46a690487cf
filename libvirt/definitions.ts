// libvirt's definitions are XML that people write, too: attributes in any order, comments, namespaces. This parser has no
// dependencies of its own, and never fetches what a document names.
import { DOMParser, type Element } from "@xmldom/xmldom";
import { isAddress, subnetAround, type Subnet } from "../lib/cidr.ts";

/** Addresses that a network's DHCP server hands out, from one to another. */
export interface Range {
  readonly start: string;
  readonly end: string;
}

/** An address that a network's DHCP server keeps for one machine. */
export interface Reservation {
  readonly address: string;
  readonly mac: string;
}

/** An IPv4 subnet that libvirt serves on a network. */
export interface ServedSubnet {
  readonly subnet: Subnet;
  /** The hypervisor's own address in it. */
  readonly gateway: string;
  /** Empty where libvirt hands out no addresses. */
  readonly ranges: readonly Range[];
  readonly reservations: readonly Reservation[];
}

/** What a definition says of a network. */
export interface NetworkDefinition {
  /** Empty where libvirt serves none, as on a bridge. */
  readonly subnets: readonly ServedSubnet[];
  /** DNS domain; undefined where it names none. */
  readonly domain?: string;
}

/** What a definition says of a storage pool. */
export interface PoolDefinition {
  /** How it stores volumes, such as `dir` or `logical`. */
  readonly type: string;
  /** Path of its directory or device; undefined where it has none. */
  readonly path?: string;
  /** Bytes; undefined while nobody measured, because the pool is off. */
  readonly capacity?: number;
}

/** Reads what `virsh net-dumpxml` prints. @throws when it is no XML. */
export function readNetwork(xml: string): NetworkDefinition {
  const network = rootOf(xml);
  const domain = childrenOf(network, "domain")[0]?.getAttribute("name");
  return {
    subnets: childrenOf(network, "ip").flatMap((ip) => servedBy(ip) ?? []),
    ...(domain ? { domain } : {}),
  };
}

/** An address comes with a netmask or with a prefix. Undefined for one of IPv6. */
function servedBy(ip: Element): ServedSubnet | undefined {
  const gateway = ip.getAttribute("address") ?? "";
  const subnet = subnetAround(gateway, ip.getAttribute("netmask") ?? ip.getAttribute("prefix") ?? "");
  if (subnet === undefined) return undefined;
  const dhcp = childrenOf(ip, "dhcp");
  const all = (tag: string) => dhcp.flatMap((element) => childrenOf(element, tag));
  const value = (element: Element, name: string) => element.getAttribute(name) ?? "";
  return {
    subnet,
    gateway,
    ranges: all("range")
      .map((range) => ({ start: value(range, "start"), end: value(range, "end") }))
      .filter(({ start, end }) => isAddress(start) && isAddress(end)),
    reservations: all("host")
      .map((host) => ({ address: value(host, "ip"), mac: value(host, "mac").toLowerCase() }))
      .filter(({ address }) => isAddress(address)),
  };
}

/** Reads what `virsh pool-dumpxml` prints. @throws when it is no XML. */
export function readPool(xml: string): PoolDefinition {
  const pool = rootOf(xml);
  const path = childrenOf(pool, "target").flatMap((target) => childrenOf(target, "path"))[0]?.textContent;
  // libvirt prints bytes, whatever unit the pool was defined with.
  const capacity = Number(childrenOf(pool, "capacity")[0]?.textContent ?? 0);
  return {
    type: pool.getAttribute("type") ?? "",
    ...(path ? { path } : {}),
    ...(capacity > 0 ? { capacity } : {}),
  };
}

function rootOf(xml: string): Element {
  // What is wrong is thrown besides, and must not be printed as well.
  const root = new DOMParser({ onError: () => undefined }).parseFromString(xml, "text/xml").documentElement;
  if (root === null) throw new Error("libvirt's definition cannot be read: it is empty");
  return root;
}

function childrenOf(parent: Element, tag: string): Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === 1 && node.nodeName === tag);
}
