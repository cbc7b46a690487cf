import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { writeIso } from "../cloud-init/iso.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { StaticNetwork } from "../cloud-init/network-config.ts";
import type { Login } from "../cloud-init/user-data.ts";
import { contentName } from "../names.ts";
import type { Node } from "../topology.ts";
import type { OwnNames } from "./own-names.ts";

/** What a {@link CloudInitDisk} is made from. */
export interface CloudInitDiskArgs {
  /** Node the disk gives its name to. Plain, because the content names the resource. */
  readonly node: Node;
  /** Who may log in. */
  readonly login: Login;
  /** The nodes' network. */
  readonly network: StaticNetwork;
  /** Pool the volume goes to. */
  readonly poolName: pulumi.Input<string>;
  /** What the cluster calls its volumes. */
  readonly names: OwnNames;
}

/**
 * The seed disk that gives a node its own host name; all else about nodes is alike.
 *
 * Creates an ISO image as an ordinary volume, named by its content and its cluster. The provider's own cloudinit_disk (0.8.3) does not
 * survive being made several at a time: it leaves its download stream undrained, and hangs or reads a truncated image.
 */
export class CloudInitDisk extends pulumi.ComponentResource {
  /** Id of the volume. */
  readonly volumeId: pulumi.Output<string>;

  constructor(name: string, args: CloudInitDiskArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:CloudInitDisk", name, { node: args.node.name, poolName: args.poolName }, opts);
    const seed = seedOf(args.node, args.login, args.network);
    const resource = contentName(name, seed.digest);
    const volume = new libvirt.Volume(
      resource,
      // Any format but iso would be read back differently and replaced by every preview.
      { name: args.names.volume(resource, "iso"), pool: args.poolName, source: writeIso(seed), format: "iso" },
      // The content is in the name; the path is of this machine only.
      { parent: this, ignoreChanges: ["source"] },
    );
    this.volumeId = volume.id;
    this.registerOutputs({ volumeId: this.volumeId });
  }
}
