import { isDeepStrictEqual } from "node:util";
import type { Settings } from "./stack.ts";

/** Images of a soak, by the content of their files. */
export const images = ["first", "second", "third"] as const;
export type Image = (typeof images)[number];

/** Worker pools of a soak. */
export const pools = ["small", "big"] as const;
export type PoolName = (typeof pools)[number];

/** Name of the control plane. */
export const controlPlane = "master";

/** Most workers of a pool. The engine's time grows with them, and three show every order of a rollout. */
export const mostWorkers = 3;

/** Desired settings of a pool. */
export interface Pool {
  readonly count: number;
  readonly memoryMiB: number;
  readonly labels: readonly string[];
  readonly taints: readonly string[];
  /** Undefined for the image of the stack. */
  readonly image: Image | undefined;
}

/** Desired settings of a stack, as far as a soak changes them. */
export interface Desired {
  readonly image: Image;
  /** Memory of the control plane. */
  readonly memoryMiB: number;
  readonly maxUnavailable: number;
  readonly pools: Readonly<Record<PoolName, Pool>>;
}

/** Settings of one node. */
export interface NodeSettings {
  readonly memoryMiB: number;
  readonly image: Image;
  readonly labels: readonly string[];
  readonly taints: readonly string[];
}

/** Whether two settings are the same. */
export function isSame(one: Desired, other: Desired): boolean {
  return isDeepStrictEqual(one, other);
}

/** Cluster from which every walk begins. */
export const firstDesired: Desired = {
  image: "first",
  memoryMiB: 2048,
  maxUnavailable: 1,
  pools: {
    small: { count: 2, memoryMiB: 2048, labels: [], taints: [], image: undefined },
    big: { count: 1, memoryMiB: 2048, labels: [], taints: [], image: undefined },
  },
};

/** Names of the workers that a pool can have. */
export function workersOf(pool: PoolName, count = mostWorkers): readonly string[] {
  return Array.from({ length: count }, (_, index) => `worker-${pool}-${index + 1}`);
}

/** Every node of a cluster with its settings, the control plane first. */
export function nodesOf({ image, memoryMiB, pools: all }: Desired): ReadonlyMap<string, NodeSettings> {
  const nodes = new Map<string, NodeSettings>([[controlPlane, { memoryMiB, image, labels: [], taints: [] }]]);
  for (const pool of pools) {
    const { count, ...settings } = all[pool];
    for (const name of workersOf(pool, count)) nodes.set(name, { ...settings, image: settings.image ?? image });
  }
  return nodes;
}

/** Images that the nodes of a cluster use. */
export function imagesOf(desired: Desired): ReadonlySet<Image> {
  return new Set([...nodesOf(desired).values()].map(({ image }) => image));
}

/** Settings of the stack. @param paths Files of the images. */
export function settingsOf(desired: Desired, paths: Readonly<Record<Image, string>>): Settings {
  return {
    image: paths[desired.image],
    masterMemoryMiB: desired.memoryMiB,
    maxUnavailable: desired.maxUnavailable,
    workerPools: pools.map((name) => {
      const { image, ...settings } = desired.pools[name];
      return { name, ...settings, ...(image === undefined ? {} : { image: paths[image] }) };
    }),
  };
}
