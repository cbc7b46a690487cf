import type { ClusterConfig } from "../config/index.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import type { Topology } from "../topology.ts";
import { refuseAlikeImages } from "./image-digests.ts";
import { isDataLost } from "./lost-data.ts";
import { refuseConflicts, type RefusalOptions } from "./refusal.ts";
import { refuseSharedNames } from "./simulated-names.ts";
import { refuseSmallerDisk } from "./smaller-disk.ts";

/** Findings of the preflight that the rest of the run needs. */
export interface Preflight {
  /** Whether the control plane's data is lost and not protected. The run then creates another cluster. */
  readonly dataLost: boolean;
}

/**
 * Checks, before the run changes anything, whether it can succeed. Each step may end the run. In this order:
 *
 * 1. The control plane's data ({@link isDataLost}). First, because a missing disk often causes findings of step 3, too. Their
 *    fixes, another name or a removal, would give up data that can still be saved.
 * 2. The size of the data disk ({@link refuseSmallerDisk}), the digests of the images ({@link refuseAlikeImages}), and the names
 *    of simulated nodes ({@link refuseSharedNames}). Before step 3, because this step needs no hypervisor.
 * 3. Names, addresses and capacity of the hypervisor ({@link refuseConflicts}). Last, because this step asks libvirt most.
 *
 * The images are verified before, because their digests are part of the topology. The health check comes after: it waits for
 * nodes that reboot, which a run that is refused need not do.
 * @throws {pulumi.RunError} from the first step that refuses; the engine prints it without a stack trace.
 */
export async function preflight(
  config: ClusterConfig,
  topology: Topology,
  prior: PriorState,
  options: RefusalOptions = {},
): Promise<Preflight> {
  const dataLost = await isDataLost(config, prior, options.virsh);
  if (!dataLost) refuseSmallerDisk(config, prior);
  refuseAlikeImages(config.clusterName, topology, prior);
  refuseSharedNames(config, topology, prior);
  await refuseConflicts(config, topology, prior, options);
  return { dataLost };
}
