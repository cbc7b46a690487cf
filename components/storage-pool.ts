import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { StoragePoolConfig } from "../config/index.ts";

/** What a {@link StoragePool} is made from. */
export interface StoragePoolArgs {
  /** Plain, because it decides whether a pool is made. */
  readonly pool: StoragePoolConfig;
}

/**
 * The storage pool the cluster's volumes are in.
 *
 * Creates a directory pool, or nothing when an existing pool is named: that one is used as it is and never changed.
 */
export class StoragePool extends pulumi.ComponentResource {
  /** Name volumes refer to; known only once the pool is there. */
  readonly poolName: pulumi.Output<string>;

  constructor(name: string, { pool }: StoragePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:StoragePool", name, { pool }, opts);
    this.poolName =
      pool.origin === "existing"
        ? pulumi.output(pool.name)
        : new libvirt.Pool(
            name,
            { name: pool.name, type: "dir", target: { path: pool.path } },
            // Two pools of one name or directory cannot be side by side.
            { parent: this, deleteBeforeReplace: true },
          ).name;
    this.registerOutputs({ poolName: this.poolName });
  }
}
