import type { Connect } from "./hypervisors.ts";
import { resourceType } from "../../names.ts";
import type { Candidate } from "./candidate.ts";
import { uriOf, type StackState, type StateResource } from "../stack/state.ts";
import { hasVolume } from "./volume-users.ts";

/**
 * Looks for volumes whose upload failed, because the pool was full or the connection was lost.
 *
 * The provider (0.8.3, resource_libvirt_volume.go) sets a volume's id before it uploads. The state therefore has such a
 * volume, marked with the error of its creation. A refresh removes the mark, and the partial image then counts as complete.
 * No later run uploads it again, because its name is the hash of its content. Once the volume is deleted, the refresh drops it
 * from the state and the plan creates it again.
 *
 * A volume that something outside of this state uses is kept: another stack recreated it under this name, so it is complete.
 * Resources of this state that use it used an earlier volume of this name, and the new one has the same content. Disks
 * without a source, such as data disks, are never candidates.
 * @param connect Returns virsh for a hypervisor's URI. Not called when no volume is marked.
 * @throws when virsh fails or the state does not name the hypervisor, because a refresh would remove the mark.
 */
export async function* partialUploads(state: StackState, connect: Connect): AsyncGenerator<Candidate> {
  for (const resource of failedUploads(state)) {
    const { urn, id, inputs = {} } = resource;
    const [uri, pool, name] = [uriOf(state, resource), String(inputs.pool), String(inputs.name)];
    if (uri === undefined) {
      throw new Error(
        `the upload of volume ${name} failed, and the state does not name its hypervisor. Fix: delete the volume from ` +
          `pool ${pool}, then run \`pulumi state delete '${urn}'\``,
      );
    }
    const virsh = connect(uri);
    if (!(await hasVolume(virsh, pool, name))) continue;
    // Another pool may have this name by now, with another volume of this name.
    const key = (await virsh("vol-key", "--pool", pool, name)).trim();
    if (key !== id) continue;
    yield { kind: "volume", name, virsh, pool, from: { key }, isBlank: false };
  }
}

/** Volumes in the state whose upload failed. */
export function failedUploads({ resources }: StackState): readonly StateResource[] {
  return resources.filter(
    ({ type, initErrors = [], inputs = {} }) =>
      type === resourceType.volume && initErrors.length > 0 && inputs.source !== undefined,
  );
}
