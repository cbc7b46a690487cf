import { stringify } from "yaml";
import type { NetworkConfig } from "../config/network.ts";
import type { Node } from "../topology.ts";

/** What a node that sets its own address must know of its network. */
export interface StaticNetwork {
  /** Prefix length of the subnet. */
  readonly prefix: number;
  readonly gateway: string;
  /** DNS domain searched for short names. */
  readonly domain: string;
}

/** The part of a network that its nodes must know. */
export function staticNetworkOf({ subnet, gateway, domain }: NetworkConfig): StaticNetwork {
  return { prefix: subnet.prefix, gateway, domain };
}

/** Text of a node's network-config (version 2), matched by MAC so that the interface's name does not matter. */
export function networkConfig(node: Node, network: StaticNetwork): string {
  const addressing =
    node.addressing === "static"
      ? {
          dhcp4: false,
          addresses: [`${node.address}/${network.prefix}`],
          routes: [{ to: "default", via: network.gateway }],
          nameservers: { addresses: [network.gateway], search: [network.domain] },
        }
      : { dhcp4: true };
  return stringify({ version: 2, ethernets: { lan: { match: { macaddress: node.mac }, ...addressing } } });
}
