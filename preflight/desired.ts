import type { ClusterConfig, StoragePoolConfig } from "../config/index.ts";
import type { NetworkConfig } from "../config/network.ts";
import { PriorState } from "../lifecycle/prior-state.ts";
import type { Topology } from "../topology.ts";
import { desiredVolumes } from "./desired-volumes.ts";

/** A machine of the configuration: its name, its size and its addresses. */
export interface DesiredMachine {
  /** Name of its domain. */
  readonly domain: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Sizes of all its disks in GiB. */
  readonly disksGiB: readonly number[];
  /** Whether it waits for a lease. */
  readonly isDhcp: boolean;
  /** Static or reserved address. */
  readonly address?: string;
  readonly mac: string;
}

/** Every libvirt object that a cluster creates or uses, except those with a random suffix. */
export interface Desired {
  readonly machines: readonly DesiredMachine[];
  readonly domainType: ClusterConfig["domainType"];
  readonly network: NetworkConfig;
  readonly pool: StoragePoolConfig;
  /** Names of volumes in the pool. */
  readonly volumes: readonly string[];
}

/**
 * Lists the libvirt objects of a configuration.
 * @param prior Prior state of the stack; the names of volumes depend on it. @default an empty state
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
