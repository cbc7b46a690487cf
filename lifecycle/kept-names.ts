import { contentVolumeName, networkMark, type ContentExtension } from "../names.ts";
import type { PriorState } from "./prior-state.ts";

/**
 * Name without a cluster id that an earlier release gave to a volume of the stack.
 * @param resource Name of the volume in the stack.
 * @returns undefined when the stack has no such volume, or its name has an id.
 */
export function keptVolumeName(prior: PriorState, resource: string, extension: ContentExtension): string | undefined {
  const old = contentVolumeName(resource, extension, undefined);
  return prior.outputsOf("volume", resource)?.name === old ? old : undefined;
}

/**
 * Mark without a cluster id that an earlier release gave to a network of the stack.
 * @param resource Name of the network in the stack.
 * @returns undefined when the stack has no such network, or its mark has an id.
 */
export function keptNetworkMark(prior: PriorState, resource: string, clusterName: string): string | undefined {
  const old = networkMark(clusterName, undefined);
  const xslt = (prior.outputsOf("network", resource)?.xml as { xslt?: unknown } | undefined)?.xslt;
  return typeof xslt === "string" && xslt.includes(old) ? old : undefined;
}
