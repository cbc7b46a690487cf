import { staticNetworkOf } from "../cloud-init/network-config.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { ClusterConfig, StoragePoolConfig } from "../config/index.ts";
import type { NetworkConfig } from "../config/network.ts";
import { baseImageName, contentName, deriveTopology, seedDiskName, type Node } from "../topology.ts";

/** A machine as libvirt is to make it. */
export interface WantedMachine {
  /** Name of its domain. */
  readonly name: string;
  readonly memoryMiB: number;
  /** Size of its root disk. */
  readonly diskGiB: number;
}

/** Names of every libvirt object that the cluster creates, except those with a random suffix, and what they need. */
export interface Wanted {
  readonly machines: readonly WantedMachine[];
  readonly network: NetworkConfig;
  /** Addresses that nodes set themselves, which no DHCP server may lease. */
  readonly staticAddresses: readonly string[];
  readonly pool: StoragePoolConfig;
  /** Names of volumes in the pool. */
  readonly volumes: readonly string[];
  /** Size of the disk with the control plane's data. */
  readonly dataDiskGiB: number;
}

/** The names and sizes of everything that the program makes in libvirt for a configuration. */
export function wantedBy(config: ClusterConfig): Wanted {
  const { master, workers, images } = deriveTopology(config);
  const nodes = [master, ...workers];
  const known = staticNetworkOf(config.network);
  return {
    machines: nodes.map(({ domainName, memoryMiB, diskGiB }) => ({ name: domainName, memoryMiB, diskGiB })),
    network: config.network,
    staticAddresses: nodes.flatMap(staticAddressOf),
    pool: config.storagePool,
    volumes: [
      ...images.map(({ sha256 }) => `${contentName(baseImageName(config.clusterName), sha256)}.qcow2`),
      ...nodes.map((node) => {
        const { digest } = seedOf(node, config.ssh, known);
        return `${contentName(seedDiskName(node.domainName), digest)}.iso`;
      }),
    ],
    dataDiskGiB: config.master.dataDiskGiB,
  };
}

function staticAddressOf({ addressing, address }: Node): readonly string[] {
  return addressing === "static" && address !== undefined ? [address] : [];
}
