import { local } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import type * as pulumi from "@pulumi/pulumi";
import type { MasterConfig } from "../config/nodes.ts";
import type { DataDiskLife } from "../lifecycle/data-disk.ts";
import { dataVolumeName, suffix } from "../names.ts";
import type { Node } from "../topology.ts";
import { after } from "./after.ts";
import type { MachinePlatform, VirtualMachine } from "./virtual-machine.ts";

/** Size, protection and lifecycle of a control plane's data disk. */
export type DataDisk = Pick<MasterConfig, "dataDiskGiB" | "dataProtected"> & DataDiskLife;

/** Creates the disk with etcd, certificates and keys of a control plane. It outlives the machine. */
export function dataVolume(
  name: string,
  { poolName, cluster }: MachinePlatform,
  disk: DataDisk,
  parent: pulumi.Resource,
): libvirt.Volume {
  return new libvirt.Volume(
    `${name}${suffix.data}`,
    {
      name: cluster.result.apply((id) => dataVolumeName(name, id)),
      pool: poolName,
      size: disk.dataDiskGiB * 2 ** 30,
      format: "qcow2",
    },
    {
      parent,
      // The disk has the whole cluster. Neither a mistake nor a plain `pulumi destroy` can delete a protected resource.
      protect: disk.dataProtected,
      // The provider (0.8.3) would replace a volume for its size. The command below grows it, and a refresh reads the new size.
      // A disk that does not exist yet gets the desired size.
      ...(disk.exists ? { ignoreChanges: ["size"] } : {}),
    },
  );
}

/** Arguments of {@link dataDiskGrowth}. */
export interface GrowthArgs {
  readonly node: Node;
  readonly platform: MachinePlatform;
  readonly disk: DataDisk;
  /** Path of the volume. */
  readonly path: pulumi.Input<string>;
  /** Machine that has the disk. */
  readonly machine: VirtualMachine;
}

/**
 * Creates the command that grows the data disk of a running machine, and its file system. Another size updates the command.
 * Another machine does not, because the disk keeps its size.
 * @returns undefined for a disk that still has the size with which it was created.
 */
export function dataDiskGrowth(
  name: string,
  { node, platform, disk, path, machine }: GrowthArgs,
  parent: pulumi.Resource,
): local.Command | undefined {
  if (!disk.grows) return undefined;
  return new local.Command(
    `${name}${suffix.growth}`,
    {
      create: "node operator/grow-data-disk.ts",
      environment: {
        LIBVIRT_URI: platform.libvirtUri,
        // The run starts a machine that is off, and the guest must grow its file system.
        DOMAIN: after(node.domainName, machine.booted),
        DISK: path,
        SIZE_GIB: String(disk.dataDiskGiB),
      },
      addPreviousOutputInEnv: false,
    },
    { parent },
  );
}
