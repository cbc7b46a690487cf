import type * as pulumi from "@pulumi/pulumi";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { contentVolumeName, networkMark, resourceType, type ContentExtension } from "../names.ts";

/**
 * What a cluster calls its own in libvirt, so that it is told from what another cluster of its name made: with its random id.
 *
 * What an earlier release made without the id keeps its name and mark as long as the stack has it. The provider (0.8.3)
 * replaces a volume for another name and a network for another stylesheet, and every machine would go with them.
 */
export class OwnNames {
  readonly #clusterName: string;
  readonly #id: pulumi.Output<string>;
  readonly #prior: PriorState;

  /** @param prior What the stack has of this very cluster; empty when it becomes another one. */
  constructor(clusterName: string, id: pulumi.Output<string>, prior: PriorState) {
    this.#clusterName = clusterName;
    this.#id = id;
    this.#prior = prior;
  }

  /** Name of the volume of a resource that is called after its content. */
  volume(resource: string, extension: ContentExtension): pulumi.Output<string> {
    const kept = keptVolumeName(this.#prior, resource, extension);
    return this.#id.apply((id) => kept ?? contentVolumeName(resource, extension, id));
  }

  /** What a network is marked with. @param resource Name of the network in the stack. */
  networkMark(resource: string): pulumi.Output<string> {
    const old = networkMark(this.#clusterName, undefined);
    const isKept = stylesheetOf(this.#prior, resource)?.includes(old) ?? false;
    return this.#id.apply((id) => (isKept ? old : networkMark(this.#clusterName, id)));
  }
}

/** The name without an id that the stack's volume has; undefined when there is none, or it has an id. */
export function keptVolumeName(prior: PriorState, resource: string, extension: ContentExtension): string | undefined {
  const old = contentVolumeName(resource, extension, undefined);
  return prior.outputsOf("Volume", resource)?.name === old ? old : undefined;
}

/** The component around a network has its name, and the same last part in its type. */
function stylesheetOf(prior: PriorState, resource: string): string | undefined {
  const network = [...prior.resources.values()].find(
    ({ type, name }) => type === resourceType.network && name === resource,
  );
  const xslt = (network?.outputs.xml as { xslt?: unknown } | undefined)?.xslt;
  return typeof xslt === "string" ? xslt : undefined;
}
