import { readFile } from "node:fs/promises";
import { overlap, parseSubnet } from "../../lib/cidr.ts";
import { readNetwork } from "../../libvirt/definitions.ts";
import { lines, virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { parseRoutes, routeTable, type LocalSubnet } from "../../preflight/routes.ts";
import { fail, ok, type Finding } from "./finding.ts";

/** A network libvirt knows. */
export interface LibvirtNetwork {
  readonly name: string;
  readonly bridge: string;
}

/** Whether the cluster's subnet is free, or already belongs to the cluster's own network. */
export async function checkNetwork(cidr: string, networkName: string, uri: string): Promise<Finding> {
  const routes = parseRoutes(await readFile(routeTable, "utf8"));
  return judgeNetwork(cidr, networkName, routes, await libvirtNetworks(virshFor(uri)));
}

/** The judgement of {@link checkNetwork}. */
export function judgeNetwork(
  cidr: string,
  networkName: string,
  subnets: readonly LocalSubnet[],
  networks: readonly LibvirtNetwork[],
): Finding {
  const wanted = parseSubnet(cidr);
  if (!wanted) return fail("network", `${cidr} is no IPv4 subnet`, "set networkCidr to one, e.g. 192.168.222.0/24");
  const taken = subnets.find(({ cidr: other }) => {
    const subnet = parseSubnet(other);
    return subnet !== undefined && overlap(subnet, wanted);
  });
  if (!taken) return ok("network", `${cidr} is free`);
  const owner = networks.find(({ bridge }) => bridge === taken.device);
  if (owner?.name === networkName) return ok("network", `${cidr} is libvirt's ${networkName}`);
  const found = `${cidr} overlaps ${taken.cidr} on ${taken.device}`;
  return owner
    ? fail(
        "network",
        `${found}, libvirt's ${owner.name}`,
        `set network to ${owner.name} to use it, or networkCidr to a free subnet`,
      )
    : fail("network", found, "set networkCidr to a free subnet, e.g. 192.168.223.0/24");
}

async function libvirtNetworks(virsh: Virsh): Promise<readonly LibvirtNetwork[]> {
  const names = lines(await virsh("net-list", "--all", "--name"));
  return Promise.all(
    names.map(async (name) => ({ name, bridge: readNetwork(await virsh("net-dumpxml", name)).bridge ?? "" })),
  );
}
