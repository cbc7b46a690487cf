import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import { dataVolumeName, resourceName, suffix } from "../names.ts";
import { grownSize } from "./grown-size.ts";
import { createdDataDiskGiB, isSameCluster, keepersOf, priorCluster } from "./prior-cluster.ts";
import type { PriorState } from "./prior-state.ts";

/** Lifecycle of the control plane's data disk in a run. */
export interface DataDiskLife {
  /** Whether the prior state has the volume of this very cluster. */
  readonly exists: boolean;
  /**
   * Whether the desired size is larger than the size with which the disk was created. The command that grows it then belongs to
   * the stack, also after the growth. A cluster whose disk never grew has no such command.
   */
  readonly grows: boolean;
}

/** A change of the size of a living cluster's data disk. */
export interface SizeChange {
  /** Size that the last run gave the disk, in GiB. It may be larger meanwhile, if you grew it by hand. */
  readonly fromGiB: number;
  readonly toGiB: number;
}

/** Returns the lifecycle of the data disk. @param keepers Keepers of the desired cluster. */
export function dataDiskLife(
  prior: PriorState,
  config: ClusterConfig,
  keepers: Readonly<Record<string, string>>,
): DataDiskLife {
  if (!isSameCluster(prior, config.clusterName, keepers)) return { exists: false, grows: false };
  return {
    exists: volumeName(prior, config) !== undefined,
    grows: config.master.dataDiskGiB > (createdDataDiskGiB(prior, config) ?? Infinity),
  };
}

/** Returns the change of the data disk's size; undefined for a cluster that has no such disk yet, and for the same size. */
export function dataDiskChange(prior: PriorState, config: ClusterConfig): SizeChange | undefined {
  const isSame = isSameCluster(prior, config.clusterName, keepersOf(prior, config, false));
  const created = createdDataDiskGiB(prior, config);
  const volume = volumeName(prior, config);
  if (!isSame || created === undefined || volume === undefined) return undefined;
  const fromGiB = grownGiB(prior, resourceName(config.clusterName, config.master.name), volume) ?? created;
  const toGiB = config.master.dataDiskGiB;
  return fromGiB === toGiB ? undefined : { fromGiB, toGiB };
}

/** Logs a message when this run will grow the data disk. */
export async function announceGrowth(prior: PriorState, config: ClusterConfig): Promise<void> {
  const { fromGiB = 0, toGiB = 0 } = dataDiskChange(prior, config) ?? {};
  if (toGiB <= fromGiB) return;
  await pulumi.log.info(`the control plane's data disk grows from ${fromGiB} to ${toGiB} GiB while its machine runs`);
}

/** Name of this cluster's data volume, if the prior state has it. After an interrupted run it may have an earlier cluster's. */
function volumeName(prior: PriorState, { clusterName, master }: ClusterConfig): string | undefined {
  const { id } = priorCluster(prior, clusterName);
  const machine = resourceName(clusterName, master.name);
  const name = prior.outputsOf("volume", `${machine}${suffix.data}`)?.name;
  return id !== undefined && name === dataVolumeName(machine, id) ? name : undefined;
}

/**
 * Size in GiB to which a run has grown a data disk; undefined for a disk that never grew.
 * @param machine Resource name of the control plane.
 * @param volume Name of the disk's volume. The state may have the command of an earlier cluster. @default any
 */
export function grownGiB(prior: PriorState, machine: string, volume = ""): number | undefined {
  const command = prior.outputsOf("localCommand", `${machine}${suffix.growth}`);
  const { DISK = "" } = (command?.environment ?? {}) as Readonly<Record<string, string>>;
  return DISK.endsWith(volume) ? grownSize(command) : undefined;
}
