import type { ClusterConfig, StoragePoolConfig } from "../config/index.ts";
import type { NetworkConfig } from "../config/network.ts";
import { Known } from "../lifecycle/known.ts";
import { deriveTopology } from "../topology.ts";
import { wantedVolumes } from "./desired-volumes.ts";

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

/**
 * Everything that the program makes in libvirt for a configuration.
 * @param known What the stack remembers: volumes have names that follow from it. @default nothing
 */
export function wantedBy(config: ClusterConfig, known = new Known()): Wanted {
  const { master, workers } = deriveTopology(config);
  const nodes = [master, ...workers];
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
    volumes: wantedVolumes(config, known),
  };
}
