import type { Virsh } from "../../libvirt/virsh.ts";
import { nameOfUrn, resourceType, suffix } from "../../names.ts";
import type { StackState } from "../stack/state.ts";
import type { VolumeCandidate } from "./candidate.ts";
import { isInState } from "./owner.ts";
import { hasVolume, rows } from "./volume-users.ts";

/** Whether the state has a step of a machine: the first step records the domain's UUID. */
export function hasStep({ resources }: StackState, uuid: string): boolean {
  return JSON.stringify(resources).includes(uuid);
}

/** Whether a domain has disks, and the state has each of them. @throws when virsh fails. */
export async function hasOnlyDisksInState(state: StackState, virsh: Virsh, uuid: string): Promise<boolean> {
  const disks = await disksOf(virsh, uuid);
  return disks.length > 0 && disks.every((disk) => isInState(state, disk));
}

/**
 * Returns the root disks in the state of a domain on which no step has run; none where a step has.
 *
 * The removal of such a domain can cut off its first boot. ext4 delays the allocation of blocks, so a file of that boot may then
 * be empty, such as the ssh host key. No later boot would write it again.
 * @throws when virsh fails.
 */
export async function rootDisksOf(state: StackState, virsh: Virsh, uuid: string): Promise<readonly VolumeCandidate[]> {
  if (hasStep(state, uuid)) return [];
  const disks = await disksOf(virsh, uuid);
  const found: VolumeCandidate[] = [];
  for (const { urn, type, id, inputs = {} } of state.resources) {
    const isRoot = type === resourceType.volume && nameOfUrn(urn).endsWith(suffix.root);
    if (!isRoot || id === undefined || !disks.includes(id)) continue;
    const [pool, name] = [String(inputs.pool), String(inputs.name)];
    if (!(await hasVolume(virsh, pool, name))) continue;
    const why = "no step had run on its machine, and its first boot may be incomplete";
    found.push({ kind: "volume", name, virsh, why, pool, from: { key: id }, isBlank: false });
  }
  return found;
}

async function disksOf(virsh: Virsh, uuid: string): Promise<readonly string[]> {
  // The columns are type, device, target and source.
  return rows(await virsh("domblklist", "--details", uuid)).map(([, , , source = ""]) => source);
}
