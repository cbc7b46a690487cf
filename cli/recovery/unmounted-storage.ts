import { dirname } from "node:path";
import { volumesOf } from "../../libvirt/inventory.ts";
import { virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { resourceType } from "../../names.ts";
import { resourcesOf, uriOf, type StackState } from "../stack/state.ts";
import type { Connect } from "./hypervisors.ts";

/** A storage pool with volumes of the stack. */
interface UsedPool {
  readonly uri: string;
  readonly name: string;
  readonly folder: string;
  /** Names of the stack's volumes there. */
  readonly volumes: string[];
}

/**
 * Refuses a refresh from a pool that has none of the stack's volumes. A refresh would remove the volumes from the state, and a later
 * update would replace every machine, even if the storage is back.
 * @throws naming the pool, with the fix.
 */
export async function refuseUnmountedStorage(state: StackState, connect: Connect = virshFor): Promise<void> {
  const problem = await unmountedStorage(state, connect);
  if (problem !== undefined) throw new Error(problem);
}

/**
 * Finds a pool that has none of the stack's volumes. Its storage is then probably not mounted.
 *
 * Calls virsh once for each pool that has its storage. Otherwise libvirt reads the folder of the pool again, because it keeps the
 * list that it saw last. Finds nothing where libvirt does not answer, where the pool is inactive, and without a machine.
 * @returns sentences that name the pool, with the fix.
 */
export async function unmountedStorage(state: StackState, connect: Connect): Promise<string | undefined> {
  // Without a machine, the next update creates the volumes again, and nothing is lost.
  if (resourcesOf(state, resourceType.domain).length === 0) return undefined;
  for (const { uri, name, folder, volumes } of usedPools(state)) {
    if (!(await isEmptied(connect(uri), name, volumes))) continue;
    return (
      `storage pool ${name} has none of the stack's ${volumes.length} volumes in ${folder}, expected all of them; no volume was ` +
      "created or removed. Its storage is probably not mounted. Machines that run have their disks open: do not stop them. " +
      "Fix: mount the storage on the hypervisor, and run this again. If the volumes are lost for good, forget them with " +
      "`npm run pulumi -- refresh`, and then run `npm run up`"
    );
  }
  return undefined;
}

/** Pools in which the state has volumes. */
function usedPools(state: StackState): readonly UsedPool[] {
  const pools = new Map<string, UsedPool>();
  for (const volume of resourcesOf(state, resourceType.volume)) {
    const { name, pool } = volume.outputs ?? {};
    const uri = uriOf(state, volume);
    if (volume.id === undefined || uri === undefined || typeof name !== "string" || typeof pool !== "string") continue;
    const used = pools.get(`${uri} ${pool}`) ?? { uri, name: pool, folder: dirname(volume.id), volumes: [] };
    used.volumes.push(name);
    pools.set(`${uri} ${pool}`, used);
  }
  return [...pools.values()];
}

/** Whether an active pool has none of these volumes; false where virsh fails. */
async function isEmptied(virsh: Virsh, pool: string, volumes: readonly string[]): Promise<boolean> {
  const [first = ""] = volumes;
  try {
    // It reads the file, in contrast to a list.
    await virsh("vol-dumpxml", "--pool", pool, first);
    return false;
  } catch {
    // A deleted volume, or libvirt does not answer.
  }
  try {
    // It fails for an inactive pool.
    await virsh("pool-refresh", pool);
    const found = await volumesOf(virsh, pool);
    return !volumes.some((name) => found.includes(name));
  } catch {
    return false;
  }
}
