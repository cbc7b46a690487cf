import * as libvirt from "@pulumi/libvirt";
import type * as pulumi from "@pulumi/pulumi";
import { writeIso, writtenIso } from "../cloud-init/iso.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { StaticNetwork } from "../cloud-init/network-config.ts";
import type { Login } from "../cloud-init/user-data.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { contentName } from "../names.ts";
import type { Node } from "../topology.ts";
import type { OwnNames } from "./own-names.ts";

/** Arguments of {@link cloudInitDisk}. */
export interface CloudInitDiskArgs {
  /** Node of the disk. A plain value, because the digest of the content is in the name of the resource. */
  readonly node: Node;
  /** User and key for ssh. */
  readonly login: Login;
  /** Network of the nodes. */
  readonly network: StaticNetwork;
  /** Name of the storage pool. */
  readonly poolName: pulumi.Input<string>;
  /** Names of the cluster's volumes. */
  readonly names: OwnNames;
  /** State before this run. */
  readonly prior: PriorState;
}

/**
 * Creates the seed disk of a node, from which cloud-init reads the host name, the login and a static address.
 *
 * The disk is an ISO image in an ordinary volume. Its name has the digest of the content and the cluster's id. The cloudinit_disk
 * of the provider (0.8.3) fails when several are created at a time. It does not drain its download stream, and then hangs or
 * reads a truncated image.
 */
export function cloudInitDisk(
  name: string,
  args: CloudInitDiskArgs,
  opts: pulumi.CustomResourceOptions,
): libvirt.Volume {
  const seed = seedOf(args.node, args.login, args.network);
  const resource = contentName(name, seed.digest);
  const isNew = args.prior.outputsOf("volume", resource) === undefined;
  // Writing starts a process, and the program waits for one after the other: 10 s of 1,000 nodes that exist.
  const source = (isNew ? undefined : writtenIso(seed)) ?? writeIso(seed);
  return new libvirt.Volume(
    resource,
    // The provider reads any other format back as a difference, and each preview would replace the volume.
    { name: args.names.volume(resource, "iso"), pool: args.poolName, source, format: "iso" },
    // The name has the digest. The path is one of this machine only.
    { ...opts, ignoreChanges: ["source"] },
  );
}
