import { staticNetworkOf } from "../cloud-init/network-config.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { Subnet } from "../config/cidr.ts";
import type { ClusterConfig } from "../config/index.ts";
import { baseImageName, contentName, deriveTopology, seedDiskName } from "../topology.ts";

/** A network or pool: one that is made, or one that has to be there. */
export interface Place {
  readonly origin: "created" | "existing";
  readonly name: string;
}

/** What a cluster is called in libvirt, wherever the name does not end at random. */
export interface Wanted {
  readonly domains: readonly string[];
  readonly network: Place & { readonly subnet: Subnet };
  readonly pool: Place;
  /** Volumes of the pool. */
  readonly volumes: readonly string[];
}

/** The names of everything that the program makes in libvirt for a configuration. */
export function wantedBy(config: ClusterConfig): Wanted {
  const { master, workers, images } = deriveTopology(config);
  const nodes = [master, ...workers];
  const { origin, name, subnet } = config.network;
  const known = staticNetworkOf(config.network);
  return {
    domains: nodes.map(({ domainName }) => domainName),
    network: { origin, name, subnet },
    pool: { origin: config.storagePool.origin, name: config.storagePool.name },
    volumes: [
      ...images.map(({ sha256 }) => `${contentName(baseImageName(config.clusterName), sha256)}.qcow2`),
      ...nodes.map((node) => {
        const { digest } = seedOf(node, config.ssh, known);
        return `${contentName(seedDiskName(node.domainName), digest)}.iso`;
      }),
    ],
  };
}
