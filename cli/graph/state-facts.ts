import { grownSize } from "../../lifecycle/grown-size.ts";
import { nameOfUrn, resourceType, suffix } from "../../names.ts";
import { clusterOf, resourcesOf, type StackState, type StateResource } from "../stack/state.ts";

const bytesOfGiB = 2 ** 30;

/** A base image of a state. */
export interface BaseImageFacts {
  /** Resource name: the cluster's name and the short digest of the image. */
  readonly name: string;
  /** Id of its volume, which overlays name; undefined until the volume exists. */
  readonly volumeId: string | undefined;
}

/** Base images of a state, in its order. */
export function baseImagesOf(state: StackState): readonly BaseImageFacts[] {
  const volumes = resourcesOf(state, resourceType.volume);
  return resourcesOf(state, resourceType.baseImage).map(({ urn }) => ({
    name: nameOfUrn(urn),
    volumeId: volumes.find(({ parent }) => parent === urn)?.id,
  }));
}

/** A disk of a node. */
export interface DiskFacts {
  /** Id of the volume that it is an overlay of. */
  readonly baseVolumeId: string | undefined;
  readonly sizeGiB: number | undefined;
}

/** Disk of a node by its suffix; undefined where the state has none. @param resource Resource name of the node. */
export function diskOf(
  state: StackState,
  resource: string,
  end: typeof suffix.root | typeof suffix.data,
): DiskFacts | undefined {
  const found = resourcesOf(state, resourceType.volume).find(({ urn }) => nameOfUrn(urn) === `${resource}${end}`);
  if (found === undefined) return undefined;
  const { baseVolumeId, size } = found.inputs ?? {};
  const createdGiB = typeof size === "number" ? size / bytesOfGiB : undefined;
  return {
    baseVolumeId: typeof baseVolumeId === "string" ? baseVolumeId : undefined,
    sizeGiB: end === suffix.data ? (grownGiB(state, resource) ?? createdGiB) : createdGiB,
  };
}

/** Size in GiB to which a run has grown a data disk. Until a refresh, the volume has its former size. */
function grownGiB(state: StackState, resource: string): number | undefined {
  const command = resourcesOf(state, resourceType.localCommand).find(
    ({ urn }) => nameOfUrn(urn) === `${resource}${suffix.growth}`,
  );
  return grownSize(command?.inputs);
}

/** Network or storage pool that a node uses. */
export interface PlaceFacts {
  readonly networkName: string | undefined;
  readonly storagePool: string | undefined;
}

/** Network and storage pool of a node, as its domain and its root disk name them. */
export function placeOf(state: StackState, resource: string): PlaceFacts {
  const named = (type: string, name: string) =>
    resourcesOf(state, type).find(({ urn }) => nameOfUrn(urn) === name)?.inputs;
  const links = named(resourceType.domain, resource)?.networkInterfaces as
    readonly { readonly networkName?: string }[] | undefined;
  const pool = named(resourceType.volume, `${resource}${suffix.root}`)?.pool;
  return { networkName: links?.[0]?.networkName, storagePool: typeof pool === "string" ? pool : undefined };
}

/** Subnets of a network that the stack created; undefined for one that existed before. */
export function subnetsOf(state: StackState, network: string): string | undefined {
  const addresses = named(state, resourceType.network, network)?.inputs?.addresses;
  return Array.isArray(addresses) ? addresses.join(", ") : undefined;
}

/** Folder of a storage pool that the stack created; undefined for one that existed before. */
export function folderOf(state: StackState, pool: string): string | undefined {
  const target = named(state, resourceType.pool, pool)?.inputs?.target as { readonly path?: string } | undefined;
  return target?.path;
}

function named(state: StackState, type: string, name: string): StateResource | undefined {
  return resourcesOf(state, type).find(({ inputs }) => inputs?.name === name);
}

/** Worker pool of each worker, by the worker's resource name. A worker of a state without pools has none. */
export function workerPoolsOf(state: StackState): ReadonlyMap<string, string> {
  const start = `${clusterOf(state)}-`;
  return new Map(
    resourcesOf(state, resourceType.worker).flatMap(({ urn, parent }) => {
      // The resource of a pool has the cluster's name before the pool's.
      if (!parent?.includes("nodeforge:index:WorkerPool::")) return [];
      const pool = nameOfUrn(parent);
      return [[nameOfUrn(urn), pool.startsWith(start) ? pool.slice(start.length) : pool] as const];
    }),
  );
}

/** Number of simulated nodes by pool. The component has it from the moment it is created, before the outputs of the stack. */
export function simulatedPoolsOf(state: StackState): Readonly<Record<string, number>> {
  const nodes: unknown = resourcesOf(state, resourceType.simulatedNodes)[0]?.inputs?.nodes;
  return typeof nodes === "object" && nodes !== null ? (nodes as Readonly<Record<string, number>>) : {};
}
