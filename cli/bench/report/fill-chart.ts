import type { TopLevelSpec } from "vega-lite";
import { type BenchmarkData, countedRepetitions } from "../export/benchmark-data.ts";
import { dominantShare } from "../quality/balance.ts";
import { fillNodes } from "../quality/placement.ts";
import type { Repetition } from "../run/repetition.ts";
import { sortedMedian } from "../statistics/summary.ts";
import { schedulerColour } from "./scheduler-colour.ts";

const steps = 200;

/**
 * Returns the share of each node's scarcest resource that the pods request at the end, nodes sorted by it. A point is
 * the median over the counted repetitions of a scheduler.
 */
export function fillChart(data: BenchmarkData): TopLevelSpec {
  const values = data.scenario.schedulers.flatMap(({ name }) => {
    const fills = countedRepetitions(data)
      .filter(({ scheduler }) => scheduler === name)
      .map(sortedShares);
    const nodes = Math.max(0, ...fills.map((shares) => shares.length));
    const count = Math.min(steps, nodes);
    return Array.from({ length: count }, (_, index) => {
      const node = count === 1 ? 0 : Math.round((index * (nodes - 1)) / (count - 1));
      const share = sortedMedian(fills.flatMap((shares) => shares[node] ?? []).sort((left, right) => left - right));
      return { scheduler: name, node: node + 1, share: Number(share.toFixed(4)) };
    });
  });
  return {
    width: 760,
    height: 220,
    data: { values },
    mark: { type: "line", interpolate: "step", strokeWidth: 2 },
    encoding: {
      x: {
        field: "node",
        type: "quantitative",
        title: "nodes, the fullest first",
        scale: { zero: false, nice: false },
      },
      y: { field: "share", type: "quantitative", title: "dominant share", axis: { format: "%" } },
      color: schedulerColour(data),
    },
  };
}

/** Returns the dominant share of each node, the largest first. A node without pods has 0. */
function sortedShares({ pods, unmeasured, nodes }: Repetition): readonly number[] {
  return fillNodes([...pods, ...unmeasured], nodes)
    .map(dominantShare)
    .sort((left, right) => right - left);
}
