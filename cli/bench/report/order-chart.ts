import type { TopLevelSpec } from "vega-lite";
import type { BenchmarkData } from "../export/benchmark-data.ts";
import { schedulerColour } from "./scheduler-colour.ts";

/** Returns a measure of every repetition in the order they ran, with warm-ups and void ones: a drift of the machine shows. */
export function orderChart(data: BenchmarkData, measure: string): TopLevelSpec {
  const kind = data.kinds.find(({ name }) => name === measure);
  const values = data.repetitions.flatMap((repetition) => {
    const value = repetition.measures[measure];
    if (value === undefined) return [];
    const state = repetition.void !== undefined ? "void" : repetition.warmup ? "warm-up" : "counts";
    return [{ repetition: repetition.number, scheduler: repetition.scheduler, value, state }];
  });
  const x = {
    field: "repetition",
    type: "quantitative" as const,
    title: "repetition, in the order they ran",
    scale: { zero: false, nice: false, padding: 10 },
    axis: { tickMinStep: 1, format: "d" },
  };
  const y = {
    field: "value",
    type: "quantitative" as const,
    title: `${kind?.title ?? measure} (${kind?.unit ?? ""})`,
    scale: { zero: false },
  };
  return {
    width: 760,
    height: 220,
    data: { values },
    layer: [
      {
        transform: [{ filter: "datum.state == 'counts'" }],
        mark: { type: "line", strokeWidth: 1, opacity: 0.5 },
        encoding: { x, y, color: schedulerColour(data) },
      },
      {
        mark: { type: "point", size: 60, strokeWidth: 2 },
        encoding: {
          x,
          y,
          color: schedulerColour(data),
          shape: {
            field: "state",
            type: "nominal",
            scale: { domain: ["counts", "warm-up", "void"], range: ["circle", "triangle-up", "cross"] },
            legend: { title: null, orient: "top", symbolStrokeColor: "currentColor" },
          },
        },
      },
    ],
  };
}
