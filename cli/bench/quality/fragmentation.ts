import type { BenchNode, PodTimes } from "../run/repetition.ts";
import { demandOf, fillNodes, freeOf, suffices, type FilledNode, type Resources } from "./placement.ts";

/** Pods with equal requests. */
interface PodClass {
  readonly demand: Resources;
  /** Share of all pods, 0 to 1. */
  readonly share: number;
}

/**
 * Returns by resource the share of the free amount that the workload's own mix of pods cannot use, 0 to 1.
 *
 * The measure is that of FGD (Weng et al., USENIX ATC 2023). A pod is drawn from the mix. On each node without room for it,
 * all free amount is lost. On each node with room, nothing is lost. A pod that requests none of a resource can use none
 * of it, so all free amount of that resource is lost for it. The result is the expected lost amount over all nodes,
 * divided by the free amount. Amounts are those of a node: FGD looks at single GPUs, and no placement here knows them.
 * Resources that no pod requests, and resources with nothing free, are absent.
 * @param others Pods that take room, and are no part of the mix. @default none
 */
export function fragmentationOf(
  pods: readonly PodTimes[],
  nodes: readonly BenchNode[],
  others: readonly PodTimes[] = [],
): Resources {
  const classes = classesOf(pods);
  const filled = fillNodes([...pods, ...others], nodes);
  const result: Record<string, number> = {};
  const requested = new Set(pods.flatMap((pod) => Object.keys(pod.requests).filter((key) => pod.requests[key] !== 0)));
  const fitting = filled.map((node) => classes.filter((podClass) => fits(podClass, node)));
  for (const resource of requested) {
    let free = 0;
    let usable = 0;
    for (const [index, node] of filled.entries()) {
      const amount = freeOf(node, resource);
      const users = (fitting[index] ?? []).filter(({ demand }) => (demand[resource] ?? 0) > 0);
      free += amount;
      usable += amount * users.reduce((sum, { share }) => sum + share, 0);
    }
    if (free > 0) result[resource] = Math.max(0, 1 - usable / free);
  }
  return result;
}

function classesOf(pods: readonly PodTimes[]): readonly PodClass[] {
  const groups = Map.groupBy(pods, ({ requests }) =>
    JSON.stringify(Object.entries(requests).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  return [...groups.values()].flatMap((group) => {
    const first = group[0];
    return first === undefined ? [] : [{ demand: demandOf(first), share: group.length / pods.length }];
  });
}

function fits({ demand }: PodClass, node: FilledNode): boolean {
  return Object.entries(demand).every(([resource, amount]) => amount === 0 || suffices(freeOf(node, resource), amount));
}
