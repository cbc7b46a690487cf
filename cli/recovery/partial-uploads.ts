import { volumesOf } from "../../libvirt/inventory.ts";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import { uriOf, type Leftover } from "./orphans.ts";
import type { StackState, StateResource } from "../stack/state.ts";
import { AnotherRunError } from "../stack/lock.ts";
import { useElsewhere } from "./volume-users.ts";

/**
 * Deletes volumes whose upload failed half way, because the pool was full or the link was lost.
 *
 * The provider (0.8.3, resource_libvirt_volume.go) tells a volume's id before it uploads, so the state has such a volume,
 * marked with the error of its creation. A refresh takes the mark away, and the half image would pass for the whole one for
 * good: its name is its content's hash, so no later run uploads it again. Once it is gone, the refresh drops it and the plan
 * makes it anew.
 *
 * A volume that something outside of this state uses is left: somebody else made it anew under that name, so it is whole,
 * and the refresh may take the mark away. What the state itself has on it stood on an earlier volume of that name, and gets
 * the same content again. Disks without a source, such as those with data, are never touched.
 * @param connect virsh for a hypervisor's URI; not asked when nothing is marked.
 * @param isAlone Asked before each removal: whether still nobody else works on the stack; undefined where nobody can tell.
 * @returns what was deleted, and what was left.
 * @throws when virsh cannot be asked, or nobody knows of which hypervisor: going on would take the mark away; an
 * {@link AnotherRunError} when somebody else began to work on the stack.
 */
export async function removeHalfUploads(
  state: StackState,
  connect: (uri: string) => Virsh,
  isAlone?: () => Promise<boolean>,
): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for (const resource of halfUploads(state)) {
    const { urn, id, inputs = {} } = resource;
    const [uri, pool, name] = [uriOf(state, resource), String(inputs.pool), String(inputs.name)];
    if (uri === undefined) {
      throw new Error(
        `the upload of volume ${name} failed, and the state does not say on which hypervisor: ` +
          `delete it from pool ${pool}, then \`pulumi state delete '${urn}'\``,
      );
    }
    const virsh = connect(uri);
    // The provider starts a pool that is off to look for a volume, and would find this one.
    if (lines(await virsh("pool-list", "--inactive", "--name")).includes(pool)) await virsh("pool-start", pool);
    if (!(await volumesOf(virsh, pool)).includes(name)) continue;
    // The very volume, and not another one in a pool that was given this name since.
    if ((await virsh("vol-key", "--pool", pool, name)).trim() !== id) continue;
    const what = `volume ${name}`;
    const left = await useElsewhere(state, virsh, pool, name);
    if (left === undefined) {
      if (isAlone !== undefined && !(await isAlone())) throw new AnotherRunError();
      await virsh("vol-delete", "--pool", pool, name);
    }
    found.push(left === undefined ? { what } : { what, left });
  }
  return found;
}

/** What the state has of volumes whose upload failed. */
export function halfUploads({ resources }: StackState): readonly StateResource[] {
  return resources.filter(
    ({ type, initErrors = [], inputs = {} }) =>
      type === "libvirt:index/volume:Volume" && initErrors.length > 0 && inputs.source !== undefined,
  );
}
