import type { PodTimes } from "../run/repetition.ts";

/** Gives the name of a pod's gang; undefined for a pod without a gang. */
export type GangOf = (pod: PodTimes) => string | undefined;

/** How gangs were bound. */
interface GangBinding {
  /** Milliseconds from the bind of the first member to that of the last one, of each gang whose members all have a node. */
  readonly spreads: readonly number[];
  /** Number of gangs of which some members have a node and others do not. */
  readonly halfBound: number;
}

/** Returns how gangs were bound; undefined where no pod has a gang. A deleted member counts as one without a node. */
export function gangBindingOf(pods: readonly PodTimes[], gangOf: GangOf): GangBinding | undefined {
  const gangs = Map.groupBy(pods, gangOf);
  gangs.delete(undefined);
  if (gangs.size === 0) return undefined;
  const spreads: number[] = [];
  let halfBound = 0;
  for (const members of gangs.values()) {
    const times = members
      .flatMap((pod) => (pod.bound === undefined || pod.deleted !== undefined ? [] : [pod.bound]))
      .sort((a, b) => a - b);
    if (times.length === members.length) spreads.push((times.at(-1) ?? 0) - (times[0] ?? 0));
    else if (times.length > 0) halfBound++;
  }
  return { spreads, halfBound };
}
