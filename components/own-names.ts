import type * as pulumi from "@pulumi/pulumi";
import { keptNetworkMark, keptVolumeName } from "../lifecycle/kept-names.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { contentVolumeName, networkMark, type ContentExtension } from "../names.ts";

/**
 * Names and marks of a cluster's objects in libvirt. They have the cluster's random id, which tells the objects from those of
 * another cluster of the same name.
 *
 * An object that an earlier release created without the id keeps its name and mark. The provider (0.8.3) replaces a volume
 * for another name and a network for another stylesheet, and every machine would be replaced with them.
 */
export class OwnNames {
  readonly #clusterName: string;
  readonly #id: pulumi.Output<string>;
  readonly #prior: PriorState;

  /** @param prior Prior state of this very cluster; empty when the run creates another one. */
  constructor(clusterName: string, id: pulumi.Output<string>, prior: PriorState) {
    this.#clusterName = clusterName;
    this.#id = id;
    this.#prior = prior;
  }

  /** Name of a volume that has its content in its name. @param resource Name of the volume in the stack. */
  volume(resource: string, extension: ContentExtension): pulumi.Output<string> {
    const kept = keptVolumeName(this.#prior, resource, extension);
    return this.#id.apply((id) => kept ?? contentVolumeName(resource, extension, id));
  }

  /** Mark of a network. @param resource Name of the network in the stack. */
  networkMark(resource: string): pulumi.Output<string> {
    const kept = keptNetworkMark(this.#prior, resource, this.#clusterName);
    return this.#id.apply((id) => kept ?? networkMark(this.#clusterName, id));
  }
}
