import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import { hasSameInputs } from "../lifecycle/prior-cluster.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import type { Topology } from "../topology.ts";
import { conflictsOf, isComplete, ownedBy, type Conflict } from "./conflicts.ts";
import { differences } from "./described-network.ts";
import { lookAtHost } from "../libvirt/host.ts";
import { takeInventory } from "../libvirt/inventory.ts";
import { roomFor } from "./room.ts";
import { unreachable } from "./routes.ts";
import { commandFor, virshFor, type Virsh } from "../libvirt/virsh.ts";
import { desiredBy } from "./desired.ts";

/** What a test replaces. */
export interface RefusalOptions {
  /** @default the installed virsh */
  readonly virsh?: Virsh;
  /** Tells what does not stop a run. @default the engine's warnings */
  readonly warn?: (text: string) => Promise<void>;
}

/**
 * Refuses to go on where libvirt has, under a name that the stack wants for itself, what is not the stack's; lacks what is to
 * be used, or has it otherwise than the configuration says; or has no room.
 *
 * Asks nothing when the state has all of it, so a run without a change costs nothing. A cluster that lives on a network stays
 * on it whatever the configuration says of that, which could not be changed any more: then a difference is a warning.
 * @throws {pulumi.RunError} naming everything that stands in the way, or saying why libvirt cannot be asked; the engine
 * prints it without a stack trace.
 */
export async function refuseConflicts(
  config: ClusterConfig,
  topology: Topology,
  prior: PriorState,
  { virsh = virshFor(config.libvirtUri), warn = (text) => pulumi.log.warn(text) }: RefusalOptions = {},
): Promise<void> {
  const wanted = desiredBy(config, topology, prior);
  const { libvirtUri: uri } = config;
  const owned = ownedBy(prior, wanted.pool.name);
  if (isComplete(wanted, owned)) return;
  const inventory = await takeInventory(virsh, wanted.pool.name).catch((error: Error) => {
    throw new pulumi.RunError(
      `Nothing was created: what exists on ${uri} cannot be listed.\n  ${error.message}\n` +
        "This machine needs virsh, and a libvirt that lets this user in: `npm run doctor`.",
    );
  });
  const room = roomFor(wanted, await lookAtHost(virsh, uri, wanted), inventory.pools, owned);
  const different = differences(wanted, inventory.networks);
  const isLiving = hasSameInputs(prior, config);
  const conflicts = [...conflictsOf(wanted, inventory, owned), ...(isLiving ? [] : different), ...room.conflicts];
  if (conflicts.length > 0) throw new pulumi.RunError(describe(conflicts, uri));
  const warnings = [
    ...(isLiving ? different.map(({ what }) => what) : []),
    ...room.warnings,
    ...[unreachable(wanted, uri)].filter((text) => text !== undefined),
  ];
  for (const text of warnings) await warn(text);
}

function describe(conflicts: readonly Conflict[], uri: string): string {
  const lines = conflicts.map(
    ({ what, look }) => `  ${what}${look === undefined ? "" : `: ${commandFor(uri)} ${look}`}`,
  );
  return [
    "Nothing was created: libvirt has what this stack would make and does not own, lacks what it is to use, has it otherwise",
    "than the configuration says, or has no room.",
    ...lines,
    "What a killed or failed run left and is surely this cluster's, `npm run up` removes. Else choose another clusterName,",
    "networkName or networkCidr, name what exists with network or storagePool, or remove what nobody needs.",
  ].join("\n");
}
