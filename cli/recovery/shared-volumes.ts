import { volumesOf } from "../../libvirt/inventory.ts";
import { virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { uriOf } from "./orphans.ts";
import { hasClusterId } from "./owner.ts";
import type { StackState } from "../stack/state.ts";
import { useElsewhere } from "./volume-users.ts";

/**
 * Refuses to destroy a stack while something outside of it uses a volume that the state takes for its own.
 *
 * The provider (0.8.3) knows a volume by its path. Names of earlier releases have no id of the cluster, so another stack with a
 * cluster of this name may have made the volume anew under that very path. Volumes with the id are not asked about, and
 * neither is a hypervisor that does not answer: Pulumi then shows why.
 * @param connect virsh for a hypervisor's URI. @default the installed virsh
 * @throws naming each such volume, what uses it, and how the stack forgets it.
 */
export async function refuseSharedVolumes(
  state: StackState,
  connect: (uri: string) => Virsh = virshFor,
): Promise<void> {
  const shared: string[] = [];
  for (const resource of state.resources) {
    const { urn, type, inputs = {} } = resource;
    const [uri, pool, name] = [uriOf(state, resource), String(inputs.pool), String(inputs.name)];
    const isOld = type === "libvirt:index/volume:Volume" && inputs.source !== undefined && !hasClusterId(state, name);
    if (!isOld || uri === undefined) continue;
    const virsh = connect(uri);
    const isThere = await volumesOf(virsh, pool).then(
      (names) => names.includes(name),
      () => false,
    );
    const user = isThere ? await useElsewhere(state, virsh, pool, name) : undefined;
    if (user !== undefined)
      shared.push(`  volume ${name} of pool ${pool}: ${user}; npm run pulumi -- state delete '${urn}'`);
  }
  if (shared.length === 0) return;
  throw new Error(
    [
      "Nothing was destroyed: something that this stack does not have uses volumes that it would delete.",
      ...shared,
      "Remove what uses them, or let the stack forget each volume with the command behind it; then run this again.",
    ].join("\n"),
  );
}
