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

/**
 * Text of a node's network-config: its address, or nothing for one that gets it from DHCP, which the image itself asks
 * (nix/files/dhcp.network), by a client identifier that tells the machine.
 */
export function networkConfig(node: Node, network: StaticNetwork): string {
  if (node.addressing !== "static") return stringify({ config: "disabled" });
  const lan = {
    match: { macaddress: node.mac },
    dhcp4: false,
    addresses: [`${node.address}/${network.prefix}`],
    // cloud-init (25.1, net/network_state.py) does not know netplan's `to: default`.
    routes: [{ to: "0.0.0.0/0", via: network.gateway }],
    nameservers: { addresses: [network.gateway], search: [network.domain] },
  };
  // cloud-init (25.1, net/networkd.py) looks for the entry's name beside the MAC address: a pattern fits whatever it is called.
  return stringify({ version: 2, ethernets: { "e*": lan } });
}
