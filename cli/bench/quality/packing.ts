import type { BenchNode, PodTimes } from "../run/repetition.ts";
import { allocatableOf, fillNodes, suffices, totalDemand } from "./placement.ts";

/**
 * Returns the nodes with pods, divided by the least number of nodes that the pods could need; undefined without pods.
 *
 * 1 is the best value. The bound takes each resource alone: the largest nodes of that resource until their sum covers
 * the total of the requests. The highest number over all resources is the bound. No placement can need fewer nodes, but
 * the best placement may need more, because pods do not split and resources come together. `pods` is a resource as well.
 */
export function packingOf(pods: readonly PodTimes[], nodes: readonly BenchNode[]): number | undefined {
  const used = fillNodes(pods, nodes).filter((filled) => filled.pods.length > 0);
  if (used.length === 0) return undefined;
  const demand = totalDemand(used.flatMap((filled) => filled.pods));
  const bounds = Object.entries(demand).map(([resource, amount]) => leastNodes(nodes, resource, amount));
  return used.length / Math.max(1, ...bounds);
}

function leastNodes(nodes: readonly BenchNode[], resource: string, amount: number): number {
  const offers = nodes.map((node) => allocatableOf(node, resource)).sort((a, b) => b - a);
  let sum = 0;
  let count = 0;
  for (const offer of offers) {
    if (suffices(sum, amount)) break;
    // Nodes without the resource cannot lower the rest. They would only raise the bound of an overcommitted cluster.
    if (offer === 0) break;
    sum += offer;
    count++;
  }
  return count;
}
