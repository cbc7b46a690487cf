import { stringify } from "yaml";
import type { NetworkConfig } from "../config/network.ts";
import type { Node } from "../topology.ts";

/** Network of a node that sets its own address. */
export interface StaticNetwork {
  /** Prefix length of the subnet. */
  readonly prefix: number;
  readonly gateway: string;
  /** DNS domain searched for short names. */
  readonly domain: string;
}

/** Returns the part of a network's configuration that its nodes need. */
export function staticNetworkOf({ subnet, gateway, domain }: NetworkConfig): StaticNetwork {
  return { prefix: subnet.prefix, gateway, domain };
}

/**
 * Returns the text of a node's network-config: a static address, or nothing for DHCP. The image itself configures DHCP
 * (nix/files/dhcp.network), with a client identifier that identifies the machine.
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
  // cloud-init (25.1, net/networkd.py) compares the entry's name beside the MAC address, so the name is a pattern.
  return stringify({ version: 2, ethernets: { "e*": lan } });
}
