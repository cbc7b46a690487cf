import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkConfig } from "../config/network.ts";
import { addAfter, setAttribute, stylesheet } from "./stylesheet.ts";

/** What a {@link Network} is made from. */
export interface NetworkArgs {
  /** Plain, because it decides whether a network is made. */
  readonly network: NetworkConfig;
  /** What a made network is marked with: whose it is. */
  readonly mark: pulumi.Input<string>;
}

/**
 * The network the nodes are on.
 *
 * Creates a NAT network with DHCP, or nothing when an existing network is named: that one is used as it is and never
 * changed.
 */
export class Network extends pulumi.ComponentResource {
  /** Name that domains refer to; known only once the network is there. */
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
              // Names of nodes are answered here and nowhere else.
              dns: { enabled: true, localOnly: true },
              dhcp: { enabled: true },
              autostart: true,
              xml: { xslt: pulumi.output(mark).apply((text) => amendments(network, text)) },
            },
            // Two networks of one name or subnet cannot be side by side.
            { parent: this, deleteBeforeReplace: true },
          ).name;
    this.registerOutputs({ networkName: this.networkName });
  }
}

/**
 * Stylesheet for properties that the provider has no argument for: the DHCP range, because the provider always gives the whole
 * subnet (its network_def.go), and the cluster's mark, which libvirt keeps in the network's metadata.
 */
function amendments({ dhcpStart, dhcpEnd }: NetworkConfig, mark: string): string {
  const range = "/network/ip/dhcp/range";
  return stylesheet(
    addAfter("/network/name", `<metadata>${mark}</metadata>`),
    setAttribute(range, "start", dhcpStart),
    setAttribute(range, "end", dhcpEnd),
  );
}
