import * as pulumi from "@pulumi/pulumi";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { shortDigits } from "../lib/digest.ts";
import { contentName, suffix } from "../names.ts";
import type { Topology } from "../topology.ts";

/**
 * Refuses an image whose digest begins like the digest of another image in the stack. The reason is that names of base images
 * have only the first {@link shortDigits} digits.
 * @throws {pulumi.RunError} with both digests.
 */
export function refuseAlikeImages(clusterName: string, { images }: Topology, prior: PriorState): void {
  for (const { sha256, source } of images) {
    const existing = prior.outputsOf("baseImage", contentName(`${clusterName}${suffix.base}`, sha256))?.sha256;
    if (typeof existing !== "string" || existing === sha256) continue;
    throw new pulumi.RunError(
      `Nothing was created: the image ${source} has SHA-256 ${sha256}, and the cluster has another one, ${existing}.\n` +
        `They agree in their first ${shortDigits} digits, by which volumes and nodes are told apart. Build the image again.`,
    );
  }
}
