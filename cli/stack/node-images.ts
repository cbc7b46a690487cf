import { imageOfBaseVolume, resourceName, resourceType } from "../../names.ts";
import { clusterOf, resourcesOf, stackOutputs, type StackState, type StateResource } from "./state.ts";

/** A node, and the image its root disk is an overlay of. */
export interface NodeImage {
  readonly node: string;
  /** First 12 hexadecimal digits of the image's SHA-256; undefined while the node has no machine. */
  readonly image: string | undefined;
}

/** Images of the nodes in the state. Nodes of the last complete `up` whose machine is missing come last. */
export function imagesOfNodes(state: StackState): readonly NodeImage[] {
  const cluster = clusterOf(state);
  const volumes = new Map(resourcesOf(state, resourceType.volume).map((volume) => [volume.id, volume]));
  const machines = resourcesOf(state, resourceType.domain).map(({ outputs = {} }) => {
    const [root] = (outputs.disks ?? []) as { volumeId?: string }[];
    const base = volumes.get(String(volumes.get(root?.volumeId)?.outputs?.baseVolumeId));
    return { node: String(outputs.name).replace(resourceName(cluster, ""), ""), image: imageOfVolume(base) };
  });
  const last = (stackOutputs(state).nodes ?? []) as { name: string }[];
  const present = new Set(machines.map(({ node }) => node));
  const missing = last.filter(({ name }) => !present.has(name));
  return [...machines, ...missing.map(({ name }) => ({ node: name, image: undefined }))];
}

/** Digest in the name of a base image's volume. The cluster's id follows it in volumes of this release. */
export function imageOfVolume(volume: StateResource | undefined): string | undefined {
  return imageOfBaseVolume(String(volume?.outputs?.name));
}
