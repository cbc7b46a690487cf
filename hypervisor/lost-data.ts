import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import type { Known } from "../lifecycle/known.ts";
import { dataVolumeName } from "../topology.ts";
import { volumesOf } from "./inventory.ts";
import { virshFor, type Virsh } from "./virsh.ts";

/**
 * Whether the disk with the control plane's data is gone: the stack remembers that the control plane was made, but neither
 * the stack nor libvirt knows its disk. A refresh forgets what libvirt does not have, protected or not; a disk that is back
 * in its pool by then is taken up again. Asks nothing when the state has the disk, so a run without a change costs nothing.
 * @returns whether the data was given up and is to make way for another cluster's.
 * @throws {pulumi.RunError} where the data is protected, before anything is changed: a blank disk would take its place; and
 * when libvirt cannot be asked.
 */
export async function isDataLost(
  config: ClusterConfig,
  known: Known,
  virsh: Virsh = virshFor(config.libvirtUri),
): Promise<boolean> {
  const { clusterName, libvirtUri, master, storagePool } = config;
  const name = `${clusterName}-${master.name}`;
  const id = known.outputsOf("RandomUuid", `${clusterName}-id`)?.result;
  const isMade = known.outputsOf("Command", `${name}-init`) !== undefined && typeof id === "string";
  if (!isMade || known.outputsOf("Volume", `${name}-data`) !== undefined) return false;
  const volume = dataVolumeName(name, id);
  const there = await volumesOf(virsh, storagePool.name, { lookAnew: true }).catch((error: Error) => {
    throw new pulumi.RunError(`Nothing was changed: the disk ${volume} cannot be looked for.\n  ${error.message}`);
  });
  if (there.includes(volume)) return false;
  if (!master.dataProtected) return true;
  throw new pulumi.RunError(
    [
      `Nothing was changed: the disk with the control plane's data is gone, volume ${volume} of pool ${storagePool.name}.`,
      "  etcd, certificates and keys are on it; with a blank one in its place the cluster would be lost. A control plane that",
      "  still runs may hold the last copy, in a file that is deleted but open: do not stop it.",
      `  What the pool has: virsh -c ${libvirtUri} vol-list --pool ${storagePool.name}`,
      "Bring the file or its storage back under that name, and run again. To give the data up and get a new cluster, set",
      "masterDataProtected to false; where the control plane does not answer any more, `npm run destroy` comes first.",
    ].join("\n"),
  );
}
