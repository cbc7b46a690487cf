import * as pulumi from "@pulumi/pulumi";
import { refusalOf, type ClusterConfig, type DeclaredConfig } from "../config/index.ts";
import { manifestWarning, verifyImages } from "../image/verify.ts";

/**
 * Verifies the images of a configuration and downloads those with a URL. Warns about each image without a manifest.
 * @returns the configuration with the images as files of this machine.
 * @throws {pulumi.RunError} naming every wrong key of the configuration, or the unavailable image; the engine prints it
 * without a stack trace.
 */
export async function withVerifiedImages({ config, problems }: DeclaredConfig): Promise<ClusterConfig> {
  const uses = [config.image, ...config.workerPools.map((pool) => pool.image)] as const;
  try {
    const [image, ...poolImages] = await verifyImages(uses, problems);
    const warnings = [image, ...poolImages].map((found, index) =>
      manifestWarning(uses[index]!.source, found?.manifest),
    );
    for (const text of new Set(warnings)) if (text !== undefined) await pulumi.log.warn(text);
    const workerPools = config.workerPools.map((pool, index) => ({ ...pool, image: poolImages[index]! }));
    return { ...config, image: image!, workerPools };
  } catch (error) {
    throw refusalOf(error);
  }
}
