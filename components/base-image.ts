import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { ImageConfig } from "../config/image.ts";
import { contentName } from "../topology.ts";

/** What a {@link BaseImage} is made from. */
export interface BaseImageArgs {
  /** Plain, because its hash names the resource. */
  readonly image: ImageConfig;
  /** Pool the volume goes to. */
  readonly poolName: pulumi.Input<string>;
}

/**
 * The one image every node starts from: a volume that overlays are backed by.
 *
 * Creates the volume under a name that holds the image's SHA-256. Another image is therefore another resource: the old
 * one stays until the last overlay on it is gone.
 */
export class BaseImage extends pulumi.ComponentResource {
  /** Id of the volume, for overlays. */
  readonly volumeId: pulumi.Output<string>;
  /** SHA-256 of the image in hexadecimal. */
  readonly sha256: string;

  constructor(name: string, { image, poolName }: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:BaseImage", name, { sha256: image.sha256, poolName }, opts);
    this.sha256 = image.sha256;
    const volumeName = contentName(name, image.sha256);
    const volume = new libvirt.Volume(
      volumeName,
      { name: `${volumeName}.qcow2`, pool: poolName, source: image.source, format: "qcow2" },
      {
        parent: this,
        // The content is in the name. Where the file lay when it was uploaded differs from machine to machine, and would
        // otherwise replace the image under every node.
        ignoreChanges: ["source"],
      },
    );
    this.volumeId = volume.id;
    this.registerOutputs({ volumeId: this.volumeId, sha256: this.sha256 });
  }
}
