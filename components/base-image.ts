import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { VerifiedImage } from "../image/verify.ts";
import { contentName, resourceType } from "../names.ts";
import type { OwnNames } from "./own-names.ts";

/** Arguments of a {@link BaseImage}. */
export interface BaseImageArgs {
  /** A plain value, because its digest is in the name of the resource. */
  readonly image: VerifiedImage;
  /** Name of the storage pool. */
  readonly poolName: pulumi.Input<string>;
  /** Names of the cluster's volumes. */
  readonly names: OwnNames;
}

/**
 * A node image as a volume, which is the backing file of root disks.
 *
 * Creates the volume. The volume and the component have the digest of the image in their names, so another image is another
 * resource. The old volume stays until the last overlay on it is deleted. The volume's name also has the cluster's random id,
 * because the provider identifies a volume by its path.
 */
export class BaseImage extends pulumi.ComponentResource {
  /** Id of the volume, for overlays. */
  readonly volumeId: pulumi.Output<string>;

  /** @param prefix Start of the resource names; the short digest of the image follows. */
  constructor(prefix: string, { image, poolName, names }: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    const name = contentName(prefix, image.sha256);
    super(resourceType.baseImage, name, { sha256: image.sha256, poolName }, opts);
    const volume = new libvirt.Volume(
      name,
      { name: names.volume(name, "qcow2"), pool: poolName, source: image.source, format: "qcow2" },
      {
        parent: this,
        // The name has the digest. The path of the uploaded file differs between machines, and a change of it would replace
        // the image of every node.
        ignoreChanges: ["source"],
      },
    );
    this.volumeId = volume.id;
    this.registerOutputs({ volumeId: this.volumeId, sha256: image.sha256 });
  }
}
