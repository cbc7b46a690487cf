import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { StoragePoolConfig } from "../config/index.ts";

/** Arguments of a {@link StoragePool}. */
export interface StoragePoolArgs {
  /** A plain value, because it decides whether a pool is created. */
  readonly pool: StoragePoolConfig;
}

/**
 * The storage pool of the cluster's volumes.
 *
 * Creates a directory pool; nothing when the configuration names an existing pool, which is never changed.
 */
export class StoragePool extends pulumi.ComponentResource {
  /** Name for volumes; known once the pool exists. */
  readonly poolName: pulumi.Output<string>;

  constructor(name: string, { pool }: StoragePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:StoragePool", name, { pool }, opts);
    this.poolName =
      pool.origin === "existing"
        ? pulumi.output(pool.name)
        : new libvirt.Pool(
            name,
            { name: pool.name, type: "dir", target: { path: pool.path } },
            // Two pools of one name or directory cannot exist at the same time.
            { parent: this, deleteBeforeReplace: true },
          ).name;
    this.registerOutputs({ poolName: this.poolName });
  }
}
