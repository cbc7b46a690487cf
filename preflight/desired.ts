import type { ClusterConfig, StoragePoolConfig } from "../config/index.ts";
import type { NetworkConfig } from "../config/network.ts";
import { PriorState } from "../lifecycle/prior-state.ts";
import type { Topology } from "../topology.ts";
import { desiredVolumes } from "./desired-volumes.ts";

/** A machine that is wanted, as far as the hypervisor has to have room for it. */
export interface DesiredMachine {
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
export interface Desired {
  readonly machines: readonly DesiredMachine[];
  readonly domainType: ClusterConfig["domainType"];
  readonly network: NetworkConfig;
  readonly pool: StoragePoolConfig;
  /** Names of volumes in the pool. */
  readonly volumes: readonly string[];
}

/**
 * Everything that the program makes in libvirt for a configuration.
 * @param prior What the stack remembers: volumes have names that follow from it. @default nothing
 */
export function desiredBy(config: ClusterConfig, topology: Topology, prior = new PriorState()): Desired {
  const { master, workers } = topology;
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
    volumes: desiredVolumes(config, topology, prior),
  };
}
