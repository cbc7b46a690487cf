import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import { dataDiskChange } from "../lifecycle/data-disk.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";

/**
 * Refuses a smaller data disk of a living cluster, because its file system would lose its end.
 * @throws {pulumi.RunError} naming the key, the present and the given size; the engine prints it without a stack trace.
 */
export function refuseSmallerDisk(config: ClusterConfig, prior: PriorState): void {
  const { fromGiB = 0, toGiB = 0 } = dataDiskChange(prior, config) ?? {};
  if (toGiB >= fromGiB) return;
  throw new pulumi.RunError(
    `Nothing was changed: masterDataDiskGiB is ${toGiB}, but the control plane's data disk has ${fromGiB} GiB and cannot shrink.\n` +
      `Fix: set masterDataDiskGiB to ${fromGiB} or more.`,
  );
}
