import { virshFor } from "../../libvirt/virsh.ts";
import type { Connect } from "./hypervisors.ts";
import { hasClusterId } from "./owner.ts";
import { resourceType } from "../../names.ts";
import { uriOf, type StackState } from "../stack/state.ts";
import { hasVolume, useElsewhere } from "./volume-users.ts";

/**
 * Refuses to destroy a stack while a domain or volume outside of the state uses one of the state's volumes.
 *
 * The provider (0.8.3) identifies a volume by its path. Volume names of earlier releases do not have the cluster's id.
 * Another stack with a cluster of this name may therefore have recreated the volume under the same path. Volumes with the id
 * are not checked. Neither are those of a hypervisor that does not answer, because Pulumi then fails with the reason.
 *
 * Starts an inactive pool, because its volumes cannot be checked otherwise, and the destruction starts it anyway.
 * @param connect Returns virsh for a hypervisor's URI. @default the installed virsh
 * @throws naming each such volume, its user, and the command that removes it from the state.
 */
export async function refuseSharedVolumes(state: StackState, connect: Connect = virshFor): Promise<void> {
  const shared: string[] = [];
  for (const resource of state.resources) {
    const { urn, type, inputs = {} } = resource;
    const [uri, pool, name] = [uriOf(state, resource), String(inputs.pool), String(inputs.name)];
    const isOld = type === resourceType.volume && inputs.source !== undefined && !hasClusterId(state, name);
    if (!isOld || uri === undefined) continue;
    const virsh = connect(uri);
    const isThere = await hasVolume(virsh, pool, name).catch(() => false);
    const user = isThere ? await useElsewhere(state, virsh, pool, name) : undefined;
    if (user !== undefined)
      shared.push(`  volume ${name} of pool ${pool}: ${user}; npm run pulumi -- state delete '${urn}'`);
  }
  if (shared.length === 0) return;
  throw new Error(
    [
      "Nothing was destroyed: domains or volumes outside of this stack use volumes that `destroy` would delete.",
      ...shared,
      "Fix: remove their users, or remove each volume from the state with the command beside it; then run this again.",
    ].join("\n"),
  );
}
