import { staticNetworkOf } from "../cloud-init/network-config.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { ClusterConfig, StoragePoolConfig } from "../config/index.ts";
import type { NetworkConfig } from "../config/network.ts";
import { baseImageName, contentName, deriveTopology, seedDiskName } from "../topology.ts";

/** A machine that is wanted, as far as the hypervisor has to have room for it. */
export interface WantedMachine {
  /** Name of its domain. */
  readonly domain: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Sizes of all its disks in GiB. */
  readonly disksGiB: readonly number[];
  /** Whether it waits for a lease. */
  readonly isDhcp: boolean;
  /** Address it sets itself or has reserved. */
  readonly address?: string;
  readonly mac: string;
}

/** What a cluster wants of libvirt, and what it is called there wherever the name does not end at random. */
export interface Wanted {
  readonly machines: readonly WantedMachine[];
  readonly domainType: ClusterConfig["domainType"];
  readonly network: NetworkConfig;
  readonly pool: StoragePoolConfig;
  /** Names of volumes in the pool. */
  readonly volumes: readonly string[];
}

/** Everything that the program makes in libvirt for a configuration. */
export function wantedBy(config: ClusterConfig): Wanted {
  const { master, workers, images } = deriveTopology(config);
  const nodes = [master, ...workers];
  const known = staticNetworkOf(config.network);
  return {
    machines: nodes.map(({ domainName, role, vcpus, memoryMiB, diskGiB, addressing, address, mac }) => ({
      domain: domainName,
      vcpus,
      memoryMiB,
      disksGiB: role === "worker" ? [diskGiB] : [diskGiB, config.master.dataDiskGiB],
      isDhcp: addressing === "dhcp",
      ...(address === undefined ? {} : { address }),
      mac,
    })),
    domainType: config.domainType,
    network: config.network,
    pool: config.storagePool,
    volumes: [
      ...images.map(({ sha256 }) => `${contentName(baseImageName(config.clusterName), sha256)}.qcow2`),
      ...nodes.map((node) => {
        const { digest } = seedOf(node, config.ssh, known);
        return `${contentName(seedDiskName(node.domainName), digest)}.iso`;
      }),
    ],
  };
}
