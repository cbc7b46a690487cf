import { volumesOf } from "../hypervisor/inventory.ts";
import { lines, type Virsh } from "../hypervisor/virsh.ts";
import { uriOf } from "./leftovers.ts";
import type { StackState, StateResource } from "./stack-state.ts";

/**
 * Deletes volumes whose upload failed half way, because the pool was full or the link was lost.
 *
 * The provider (0.8.3, resource_libvirt_volume.go) tells a volume's id before it uploads, so the state has such a volume,
 * marked with the error of its creation. A refresh takes the mark away, and the half image would pass for the whole one for
 * good: its name is its content's hash, so no later run uploads it again. Once it is gone, the refresh drops it and the plan
 * makes it anew.
 *
 * Nothing is lost with it. A create that ends with an error gives the program no id, so no overlay is made on the volume and
 * no domain gets it as a disk; and where something stands on a volume of that name from before, that one is gone already.
 * Disks without a source, such as those with data, are never touched.
 * @param connect virsh for a hypervisor's URI; not asked when nothing is marked.
 * @returns the names of what was deleted.
 * @throws when virsh cannot be asked: going on would take the mark away.
 */
export async function removeHalfUploads(
  state: StackState,
  connect: (uri: string) => Virsh,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const resource of halfUploads(state)) {
    const { id, inputs = {} } = resource;
    const [uri, pool, name] = [uriOf(state, resource), String(inputs.pool), String(inputs.name)];
    if (uri === undefined) continue;
    const virsh = connect(uri);
    // The provider starts a pool that is off to look for a volume, and would find this one.
    if (lines(await virsh("pool-list", "--inactive", "--name")).includes(pool)) await virsh("pool-start", pool);
    if (!(await volumesOf(virsh, pool)).includes(name)) continue;
    // The very volume, and not another one in a pool that was given this name since.
    if ((await virsh("vol-key", "--pool", pool, name)).trim() !== id) continue;
    await virsh("vol-delete", "--pool", pool, name);
    removed.push(name);
  }
  return removed;
}

/** What the state has of volumes whose upload failed. */
export function halfUploads({ resources }: StackState): readonly StateResource[] {
  return resources.filter(
    ({ type, initErrors = [], inputs = {} }) =>
      type === "libvirt:index/volume:Volume" && initErrors.length > 0 && inputs.source !== undefined,
  );
}
