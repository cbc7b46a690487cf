import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import type { Known } from "../lifecycle/known.ts";
import { conflictsOf, isComplete, ownedBy, type Conflict } from "./conflicts.ts";
import { takeInventory } from "./inventory.ts";
import { conflictsOfFolder } from "./pool-folder.ts";
import { commandFor, virshFor, type Virsh } from "./virsh.ts";
import { wantedBy } from "./wanted.ts";

/**
 * Refuses to go on where libvirt has, under a name that the stack wants for itself, what is not the stack's.
 *
 * Asks nothing when the state has all of it, so a run without a change costs nothing.
 * @throws {pulumi.RunError} naming everything that stands in the way, or saying why libvirt cannot be asked; the engine
 * prints it without a stack trace.
 */
export async function refuseConflicts(
  config: ClusterConfig,
  known: Known,
  virsh: Virsh = virshFor(config.libvirtUri),
): Promise<void> {
  const wanted = wantedBy(config);
  const owned = ownedBy(known, wanted.pool.name);
  if (isComplete(wanted, owned)) return;
  const inventory = await takeInventory(virsh, wanted.pool.name).catch((error: Error) => {
    throw new pulumi.RunError(
      `Nothing was created: what exists on ${config.libvirtUri} cannot be listed.\n  ${error.message}\n` +
        "This machine needs virsh, and a libvirt that lets this user in: `npm run doctor`.",
    );
  });
  const conflicts = [
    ...conflictsOf(wanted, inventory, owned),
    ...(await conflictsOfFolder(wanted, owned, config.libvirtUri)),
  ];
  if (conflicts.length > 0) throw new pulumi.RunError(describe(conflicts, config.libvirtUri));
}

function describe(conflicts: readonly Conflict[], uri: string): string {
  const lines = conflicts.map(({ what, look }) => `  ${what}: ${commandFor(uri)} ${look}`);
  return [
    "Nothing was created: libvirt has what this stack would make and does not own, or lacks what it is to use.",
    ...lines,
    "What a killed or failed run left and is surely this cluster's, `npm run up` removes. Else choose another clusterName,",
    "networkName or networkCidr, name what exists with network or storagePool, or remove what nobody needs.",
  ].join("\n");
}
