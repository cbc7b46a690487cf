import { lines, type Virsh } from "../../libvirt/virsh.ts";
import { isKnown } from "./owner.ts";
import type { StackState } from "../stack/state.ts";

/** What the state does not have and uses a volume; undefined when nothing does. */
export async function useElsewhere(
  state: StackState,
  virsh: Virsh,
  pool: string,
  name: string,
): Promise<string | undefined> {
  const path = (await virsh("vol-path", "--pool", pool, name)).trim();
  for (const [other = "", at = ""] of table(await virsh("vol-list", "--pool", pool))) {
    if (isKnown(state, at)) continue;
    const definition = await virsh("vol-dumpxml", "--pool", pool, other);
    const [, key = ""] = /<key>([^<]*)<\/key>/.exec(definition) ?? [];
    const [, backing] = /<backingStore>\s*<path>([^<]*)<\/path>/.exec(definition) ?? [];
    if (backing === path && !isKnown(state, key)) return `volume ${other} stands on it`;
  }
  for (const line of lines(await virsh("list", "--all", "--uuid", "--name"))) {
    const [, uuid = "", domain] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (isKnown(state, uuid)) continue;
    const disks = table(await virsh("domblklist", "--details", uuid));
    // A disk that is given as a volume shows its name alone.
    if (disks.some(([type, , , source]) => source === (type === "volume" ? name : path))) {
      return `domain ${domain} has it as a disk`;
    }
  }
  return undefined;
}

/** The columns of an answer's lines; a name may have spaces, one at a time. */
function table(text: string): string[][] {
  return lines(text).map((line) => line.split(/\s{2,}/));
}
