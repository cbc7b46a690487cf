import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import { hasSameInputs } from "../lifecycle/prior-cluster.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import type { Topology } from "../topology.ts";
import { findConflicts, isComplete, ownedBy, type Conflict } from "./conflicts.ts";
import { networkMismatches } from "./described-network.ts";
import { inspectHost } from "../libvirt/host.ts";
import { takeInventory } from "../libvirt/inventory.ts";
import { checkCapacity } from "./capacity.ts";
import { unreachable } from "./routes.ts";
import { commandFor, virshFor, type Virsh } from "../libvirt/virsh.ts";
import { desiredBy } from "./desired.ts";

/** Options of {@link refuseConflicts}, which tests replace. */
export interface RefusalOptions {
  /** @default the installed virsh */
  readonly virsh?: Virsh;
  /** Prints a warning, which does not end the run. @default the engine's warnings */
  readonly warn?: (text: string) => Promise<void>;
}

/**
 * Refuses a run that libvirt cannot carry out. A name is in use, an existing object is missing or differs from the
 * configuration, or the capacity is too small.
 *
 * Asks libvirt nothing when the stack already manages every desired object, so a run without a change costs nothing. For a
 * running cluster, a mismatch of its existing network is a warning, because the cluster cannot move to another network.
 * @throws {pulumi.RunError} naming every conflict, or the reason why libvirt does not answer. The engine prints it without a
 * stack trace.
 */
export async function refuseConflicts(
  config: ClusterConfig,
  topology: Topology,
  prior: PriorState,
  { virsh = virshFor(config.libvirtUri), warn = (text) => pulumi.log.warn(text) }: RefusalOptions = {},
): Promise<void> {
  const desired = desiredBy(config, topology, prior);
  const { libvirtUri: uri } = config;
  const owned = ownedBy(prior, desired.pool.name);
  if (isComplete(desired, owned)) return;
  const inventory = await takeInventory(virsh, desired.pool.name).catch((error: Error) => {
    throw new pulumi.RunError(
      `Nothing was created: the objects on ${uri} cannot be listed.\n  ${error.message}\n` +
        "Fix: install virsh, and give this user access to libvirt; `npm run doctor` checks both.",
    );
  });
  const capacity = checkCapacity(desired, await inspectHost(virsh, uri, desired), inventory.pools, owned);
  const mismatches = networkMismatches(desired, inventory.networks);
  const isRunning = hasSameInputs(prior, config);
  const conflicts = [
    ...findConflicts(desired, inventory, owned),
    ...(isRunning ? [] : mismatches),
    ...capacity.conflicts,
  ];
  if (conflicts.length > 0) throw new pulumi.RunError(describe(conflicts, uri));
  const warnings = [
    ...(isRunning ? mismatches.map(({ problem }) => problem) : []),
    ...capacity.warnings,
    ...[unreachable(desired, uri)].filter((text) => text !== undefined),
  ];
  for (const text of warnings) await warn(text);
}

/** Fix of a conflict that has none of its own: most are about a name that something else has. */
const otherNames =
  "choose another clusterName, networkName or networkCidr; or use existing objects with network and storagePool; or remove\n" +
  "objects that are no longer needed. `npm run up` removes orphans of a killed or failed run, but only if they are surely this\n" +
  "cluster's.";

function describe(conflicts: readonly Conflict[], uri: string): string {
  const lines = conflicts.map(
    ({ problem, command }) => `  ${problem}${command === undefined ? "" : `: ${commandFor(uri)} ${command}`}`,
  );
  const fixes = new Set(conflicts.map(({ fix = otherNames }) => `Fix: ${fix}`));
  const first = "Nothing was created: libvirt does not match the configuration, or its capacity is too small.";
  return [first, ...lines, ...fixes].join("\n");
}
