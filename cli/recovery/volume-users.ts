import { readVolume } from "../../libvirt/definitions.ts";
import { listDomains, volumesOf } from "../../libvirt/inventory.ts";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import { isInState } from "./owner.ts";
import type { StackState } from "../stack/state.ts";

/**
 * Whether a pool has a volume. Starts an inactive pool first, because the provider (0.8.3) does so when it looks for a volume.
 * @throws when virsh fails.
 */
export async function hasVolume(virsh: Virsh, pool: string, name: string): Promise<boolean> {
  if (lines(await virsh("pool-list", "--inactive", "--name")).includes(pool)) await virsh("pool-start", pool);
  return (await volumesOf(virsh, pool)).includes(name);
}

/** Names the volume or domain outside of the state that uses a volume; undefined when none does. */
export async function useElsewhere(
  state: StackState,
  virsh: Virsh,
  pool: string,
  name: string,
): Promise<string | undefined> {
  const path = (await virsh("vol-path", "--pool", pool, name)).trim();
  for (const [other = "", at = ""] of rows(await virsh("vol-list", "--pool", pool))) {
    if (isInState(state, at)) continue;
    const { key, backing } = readVolume(await virsh("vol-dumpxml", "--pool", pool, other));
    if (backing === path && !isInState(state, key)) return `volume ${other} has it as its backing file`;
  }
  for (const { uuid, name: domain } of await listDomains(virsh, "--all")) {
    if (isInState(state, uuid)) continue;
    const disks = rows(await virsh("domblklist", "--details", uuid));
    // virsh lists a disk that is defined as a volume by the volume's name alone.
    if (disks.some(([type, , , source]) => source === (type === "volume" ? name : path))) {
      return `domain ${domain} has it as a disk`;
    }
  }
  return undefined;
}

/** Returns the columns of each line of an answer; a name may contain single spaces. */
export function rows(text: string): string[][] {
  return lines(text).map((line) => line.split(/\s{2,}/));
}
