import type { Element } from "@xmldom/xmldom";
import { isAddress, subnetAround, type Subnet } from "../lib/cidr.ts";
import { attribute, childrenOf, rootOf, textOf } from "./xml.ts";

/** First and last address of a network's DHCP range. */
export interface Range {
  readonly start: string;
  readonly end: string;
}

/** An address that a network's DHCP server reserves for one machine. */
export interface Reservation {
  readonly address: string;
  readonly mac: string;
  /** Name of the address in the network's DNS, if any. */
  readonly name?: string;
}

/** An IPv4 subnet that libvirt serves on a network. */
export interface ServedSubnet {
  readonly subnet: Subnet;
  /** The hypervisor's own address in it. */
  readonly gateway: string;
  /** DHCP ranges; empty when libvirt serves no DHCP in the subnet. */
  readonly ranges: readonly Range[];
  readonly reservations: readonly Reservation[];
}

/** The parts of a network's definition that the program compares. */
export interface NetworkDefinition {
  /** Subnets that libvirt serves; empty for a bridge, for example. */
  readonly subnets: readonly ServedSubnet[];
  /** DNS domain, if any. */
  readonly domain?: string;
  /** Bridge device on the host, if any. */
  readonly bridge?: string;
  /** Number of machines connected to it; undefined while it is not active (formatnetwork.html, "connections"). */
  readonly connections?: number;
}

/** The parts of a storage pool's definition that the program compares. */
export interface PoolDefinition {
  /** How it stores volumes, such as `dir` or `logical`. */
  readonly type: string;
  /** Path of its directory or device, if any. */
  readonly path?: string;
  /** Capacity in bytes; undefined for an inactive pool, which libvirt does not measure. */
  readonly capacity?: number;
}

/** The parts of a volume's definition that the program compares. */
export interface VolumeDefinition {
  /** Unique key of the volume; a path in a pool of files. */
  readonly key: string;
  /** Path of its backing file, if any. */
  readonly backing?: string;
}

/** Parses the output of `virsh net-dumpxml`. @throws when it is no XML. */
export function readNetwork(xml: string): NetworkDefinition {
  const network = rootOf(xml);
  const [domain, bridge] = ["domain", "bridge"].map((tag) => attribute(childrenOf(network, tag)[0], "name"));
  const connections = attribute(network, "connections");
  return {
    subnets: childrenOf(network, "ip").flatMap((ip) => servedBy(ip) ?? []),
    ...(domain === undefined ? {} : { domain }),
    ...(bridge === undefined ? {} : { bridge }),
    ...(connections === undefined ? {} : { connections: Number(connections) }),
  };
}

/** Returns undefined for IPv6. An IPv4 address has a netmask or a prefix. */
function servedBy(ip: Element): ServedSubnet | undefined {
  const gateway = attribute(ip, "address") ?? "";
  const subnet = subnetAround(gateway, attribute(ip, "netmask") ?? attribute(ip, "prefix") ?? "");
  if (subnet === undefined) return undefined;
  const dhcp = childrenOf(ip, "dhcp");
  const all = (tag: string) => dhcp.flatMap((element) => childrenOf(element, tag));
  const value = (element: Element, name: string) => attribute(element, name) ?? "";
  return {
    subnet,
    gateway,
    ranges: all("range")
      .map((range) => ({ start: value(range, "start"), end: value(range, "end") }))
      .filter(({ start, end }) => isAddress(start) && isAddress(end)),
    reservations: all("host")
      .map((host) => {
        const name = attribute(host, "name");
        const reservation = { address: value(host, "ip"), mac: value(host, "mac").toLowerCase() };
        return name === undefined ? reservation : { ...reservation, name };
      })
      .filter(({ address }) => isAddress(address)),
  };
}

/** Parses the output of `virsh pool-dumpxml`. @throws when it is no XML. */
export function readPool(xml: string): PoolDefinition {
  const pool = rootOf(xml);
  const path = textOf(childrenOf(pool, "target").flatMap((target) => childrenOf(target, "path"))[0]);
  // libvirt prints bytes for every unit of the definition.
  const capacity = Number(textOf(childrenOf(pool, "capacity")[0]) ?? 0);
  return {
    type: attribute(pool, "type") ?? "",
    ...(path === undefined ? {} : { path }),
    ...(capacity > 0 ? { capacity } : {}),
  };
}

/** Parses the output of `virsh vol-dumpxml`. @throws when it is no XML. */
export function readVolume(xml: string): VolumeDefinition {
  const volume = rootOf(xml);
  const backing = textOf(childrenOf(volume, "backingStore").flatMap((store) => childrenOf(store, "path"))[0]);
  return { key: textOf(childrenOf(volume, "key")[0]) ?? "", ...(backing === undefined ? {} : { backing }) };
}
