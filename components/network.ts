import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkConfig } from "../config/network.ts";
import { addAfter, setAttribute, stylesheet } from "./stylesheet.ts";

/** Arguments of a {@link Network}. */
export interface NetworkArgs {
  /** A plain value, because it decides whether a network is created. */
  readonly network: NetworkConfig;
  /** Mark of a created network, which names its cluster. */
  readonly mark: pulumi.Input<string>;
}

/**
 * The network of the nodes.
 *
 * Creates a NAT network with DHCP; nothing when the configuration names an existing network, which is never changed.
 */
export class Network extends pulumi.ComponentResource {
  /** Name for domains; known once the network exists. */
  readonly networkName: pulumi.Output<string>;

  constructor(name: string, { network, mark }: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Network", name, { network: { name: network.name, cidr: network.subnet.cidr } }, opts);
    this.networkName =
      network.origin === "existing"
        ? pulumi.output(network.name)
        : new libvirt.Network(
            name,
            {
              name: network.name,
              mode: "nat",
              addresses: [network.subnet.cidr],
              domain: network.domain,
              // Queries for names of nodes are not forwarded.
              dns: { enabled: true, localOnly: true },
              dhcp: { enabled: true },
              autostart: true,
              xml: { xslt: pulumi.output(mark).apply((text) => amendments(network, text)) },
            },
            // Two networks of one name or subnet cannot exist at the same time.
            { parent: this, deleteBeforeReplace: true },
          ).name;
    this.registerOutputs({ networkName: this.networkName });
  }
}

/**
 * Returns the stylesheet for properties that the provider has no argument for: the DHCP range and the cluster's mark. The
 * provider always gives the whole subnet (its network_def.go). libvirt keeps the mark in the network's metadata.
 */
function amendments({ dhcpStart, dhcpEnd }: NetworkConfig, mark: string): string {
  const range = "/network/ip/dhcp/range";
  return stylesheet(
    addAfter("/network/name", `<metadata>${mark}</metadata>`),
    setAttribute(range, "start", dhcpStart),
    setAttribute(range, "end", dhcpEnd),
  );
}
