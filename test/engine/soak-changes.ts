import type { Model } from "./soak-model.ts";
import { isSame, mostWorkers, type Desired, type Image, type Pool, type PoolName } from "./soak-settings.ts";

/** Change of the settings. The next run applies it. */
export type Change =
  | { readonly do: "grow" | "shrink"; readonly pool: PoolName; readonly by: number }
  | { readonly do: "resize"; readonly pool: PoolName | "control plane"; readonly memoryMiB: number }
  | { readonly do: "label"; readonly pool: PoolName; readonly labels: readonly string[] }
  | { readonly do: "taint"; readonly pool: PoolName; readonly taints: readonly string[] }
  | { readonly do: "roll"; readonly image: Image; readonly maxUnavailable: number }
  | { readonly do: "roll pool"; readonly pool: PoolName; readonly image: Image | undefined }
  /** Goes back by a number of changes, also to settings that no run has applied. */
  | { readonly do: "undo"; readonly changes: number }
  /** Goes back to the settings of the last complete run. */
  | { readonly do: "discard" };

/** Settings after a change; undefined where they would stay the same, or are impossible. */
export function desiredAfter(change: Change, model: Readonly<Model>): Desired | undefined {
  const changed = changedBy(change, model);
  return changed === undefined || isSame(changed, model.desired) ? undefined : changed;
}

function changedBy(change: Change, model: Readonly<Model>): Desired | undefined {
  const { desired } = model;
  const withPool = (name: PoolName, changed: Partial<Pool>): Desired => ({
    ...desired,
    pools: { ...desired.pools, [name]: { ...desired.pools[name], ...changed } },
  });
  switch (change.do) {
    case "grow":
    case "shrink": {
      const count = desired.pools[change.pool].count + (change.do === "grow" ? change.by : -change.by);
      return count < 0 || count > mostWorkers ? undefined : withPool(change.pool, { count });
    }
    case "resize": {
      const { pool, memoryMiB } = change;
      return pool === "control plane" ? { ...desired, memoryMiB } : withPool(pool, { memoryMiB });
    }
    case "label":
      return withPool(change.pool, { labels: change.labels });
    case "taint":
      return withPool(change.pool, { taints: change.taints });
    case "roll":
      return { ...desired, image: change.image, maxUnavailable: change.maxUnavailable };
    case "roll pool":
      return withPool(change.pool, { image: change.image });
    case "undo":
      return model.earlier(change.changes);
    case "discard":
      return model.applied;
  }
}
