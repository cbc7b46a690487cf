import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { VerifiedImage } from "../image/verify.ts";
import { contentName } from "../names.ts";
import type { OwnNames } from "./own-names.ts";

/** What a {@link BaseImage} is made from. */
export interface BaseImageArgs {
  /** Plain, because its hash names the resource. */
  readonly image: VerifiedImage;
  /** Pool the volume goes to. */
  readonly poolName: pulumi.Input<string>;
  /** What the cluster calls its volumes. */
  readonly names: OwnNames;
}

/**
 * An image that nodes start from: a volume that overlays are backed by.
 *
 * Creates the volume. It and the component have the image's SHA-256 in their names. Another image is therefore another
 * resource: the old one stays until the last overlay on it is gone, and others are not touched. The volume's name has the
 * cluster's random id, too: its path is what the provider knows it by, and no other cluster's volume has that path.
 */
export class BaseImage extends pulumi.ComponentResource {
  /** Id of the volume, for overlays. */
  readonly volumeId: pulumi.Output<string>;

  /** @param prefix Begins the resources' names; the hash follows. */
  constructor(prefix: string, { image, poolName, names }: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    const name = contentName(prefix, image.sha256);
    super("nodeforge:index:BaseImage", name, { sha256: image.sha256, poolName }, opts);
    const volume = new libvirt.Volume(
      name,
      { name: names.volume(name, "qcow2"), pool: poolName, source: image.source, format: "qcow2" },
      {
        parent: this,
        // The content is in the name. Where the file lay when it was uploaded differs from machine to machine, and would
        // otherwise replace the image under every node.
        ignoreChanges: ["source"],
      },
    );
    this.volumeId = volume.id;
    this.registerOutputs({ volumeId: this.volumeId, sha256: image.sha256 });
  }
}
