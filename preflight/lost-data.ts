import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import { immutableInputs, isInitialized, priorCluster } from "../lifecycle/prior-cluster.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { dataVolumeName, resourceName, suffix } from "../names.ts";
import { volumesOf } from "../libvirt/inventory.ts";
import { commandFor, lines, virshFor, type Virsh } from "../libvirt/virsh.ts";

/**
 * Whether the disk with the control plane's data is gone, although the control plane was made.
 *
 * A refresh forgets what libvirt does not have, protected or not, and the program is not told of one within its own run
 * (`pulumi up --refresh`); so libvirt is asked, with one call while the disk is there. A disk the state forgot and that is
 * back in its pool is taken up again.
 * @returns whether the data was given up and is to make way for another cluster's.
 * @throws {pulumi.RunError} where the data is protected, before anything is changed: a blank disk would take its place; and
 * when the state does not have the disk and libvirt cannot tell of it.
 */
export async function isDataLost(
  config: ClusterConfig,
  prior: PriorState,
  virsh: Virsh = virshFor(config.libvirtUri),
): Promise<boolean> {
  const { clusterName, master, storagePool } = config;
  const before = priorCluster(prior, clusterName);
  if (before.id === undefined || before.master === undefined || !isInitialized(prior, clusterName, before.master))
    return false;
  const remembered = prior.outputsOf("volume", `${resourceName(clusterName, before.master)}${suffix.data}`);
  const disk = {
    name: dataVolumeName(resourceName(clusterName, before.master), before.id),
    pool: typeof remembered?.pool === "string" ? remembered.pool : storagePool.name,
  };
  if (remembered !== undefined) {
    // What cannot be looked into now is no reason to take the data for lost: what follows needs it, and shows why.
    if (await isThere(virsh, disk).catch(() => true)) return false;
  } else {
    const there = await isThere(virsh, disk).catch((error: Error) => {
      throw refusal(`the disk ${disk.name} cannot be looked for.`, `  ${error.message}`);
    });
    // The protection went with the disk from the state, so nothing else would keep this from replacing the cluster.
    const isAnother = immutableInputs(config).machines !== before.keepers?.machines;
    if (there && master.dataProtected && (isAnother || before.master !== master.name)) {
      throw refusal(
        `the stack lost sight of the disk with the control plane's data, volume ${disk.name} of pool ${disk.pool}.`,
        "It is there again, but with these settings it would be another cluster. Run once with the settings of before.",
      );
    }
    if (there) return false;
  }
  if (!master.dataProtected) return true;
  throw refusal(
    `the disk with the control plane's data is gone, volume ${disk.name} of pool ${disk.pool}.`,
    "  etcd, certificates and keys are on it; with a blank one in its place the cluster would be lost. A control plane that",
    "  still runs may hold the last copy, in a file that is deleted but open: do not stop it.",
    `  What the pool has: ${commandFor(config.libvirtUri)} vol-list --pool ${disk.pool}`,
    "Bring the file or its storage back under that name, and run again. To give the data up and get a new cluster, set",
    "masterDataProtected to false; where the control plane does not answer any more, `npm run destroy` comes first.",
  );
}

/** Whether libvirt has a volume. @throws when it cannot be asked, or when the pool is there and off. */
async function isThere(
  virsh: Virsh,
  { name, pool }: { readonly name: string; readonly pool: string },
): Promise<boolean> {
  const isFound = await virsh("vol-path", "--pool", pool, name).then(
    () => true,
    () => false,
  );
  if (isFound) return true;
  if (lines(await virsh("pool-list", "--inactive", "--name")).includes(pool)) {
    throw new Error(`the storage pool ${pool} is off: virsh pool-start ${pool}`);
  }
  return (await volumesOf(virsh, pool, { lookAnew: true })).includes(name);
}

function refusal(what: string, ...more: readonly string[]): pulumi.RunError {
  return new pulumi.RunError([`Nothing was changed: ${what}`, ...more].join("\n"));
}
