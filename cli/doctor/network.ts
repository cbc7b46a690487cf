import { readFile } from "node:fs/promises";
import { overlap, parseSubnet } from "../../lib/cidr.ts";
import { readNetwork } from "../../libvirt/definitions.ts";
import { lines, virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { parseRoutes, routeTable, type LocalSubnet } from "../../preflight/routes.ts";
import { fail, ok, type Finding } from "./finding.ts";

/** A network of libvirt. */
export interface LibvirtNetwork {
  readonly name: string;
  readonly bridge: string;
}

/** Checks whether the cluster's subnet is free or belongs to the cluster's own network. */
export async function checkNetwork(cidr: string, networkName: string, uri: string): Promise<Finding> {
  const routes = parseRoutes(await readFile(routeTable, "utf8"));
  return judgeNetwork(cidr, networkName, routes, await libvirtNetworks(virshFor(uri)));
}

/**
 * Judges a subnet.
 * @param subnets Subnets that this machine has a route to.
 * @param networks libvirt's networks, which name the owner of a subnet.
 */
export function judgeNetwork(
  cidr: string,
  networkName: string,
  subnets: readonly LocalSubnet[],
  networks: readonly LibvirtNetwork[],
): Finding {
  const desired = parseSubnet(cidr);
  if (!desired)
    return fail(
      "network",
      `${cidr} is not an IPv4 subnet`,
      "set networkCidr to an IPv4 subnet, for example 192.168.222.0/24",
    );
  const taken = subnets.find(({ cidr: other }) => {
    const subnet = parseSubnet(other);
    return subnet !== undefined && overlap(subnet, desired);
  });
  if (!taken) return ok("network", `${cidr} is free`);
  const owner = networks.find(({ bridge }) => bridge === taken.device);
  if (owner?.name === networkName) return ok("network", `${cidr} belongs to the cluster's network ${networkName}`);
  const found = `${cidr} overlaps ${taken.cidr} on ${taken.device}`;
  return owner
    ? fail(
        "network",
        `${found}, the bridge of libvirt's network ${owner.name}`,
        `set network to ${owner.name} to use that network, or networkCidr to a free subnet`,
      )
    : fail("network", found, "set networkCidr to a free subnet, for example 192.168.223.0/24");
}

async function libvirtNetworks(virsh: Virsh): Promise<readonly LibvirtNetwork[]> {
  const names = lines(await virsh("net-list", "--all", "--name"));
  return Promise.all(
    names.map(async (name) => ({ name, bridge: readNetwork(await virsh("net-dumpxml", name)).bridge ?? "" })),
  );
}
