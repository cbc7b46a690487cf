import type { TopLevelSpec } from "vega-lite";
import { type BenchmarkData, countedRepetitions } from "../export/benchmark-data.ts";
import { bindLatencies } from "../metrics/latency.ts";
import { schedulerColour } from "./scheduler-colour.ts";

const steps = 200;
/** In ms. A latency of 0 has no logarithm. */
const least = 0.1;

/** Returns the distribution of the time from a pod's acknowledged creation to its binding, over all counted repetitions. */
export function latencyChart(data: BenchmarkData): TopLevelSpec {
  const values = data.scenario.schedulers.flatMap(({ name }) => {
    const latencies = countedRepetitions(data)
      .filter(({ scheduler }) => scheduler === name)
      .flatMap(({ pods }) => bindLatencies(pods))
      .map((latency) => Math.max(latency, least))
      .sort((left, right) => left - right);
    const count = Math.min(steps, latencies.length);
    return Array.from({ length: count }, (_, index) => {
      const share = (index + 1) / count;
      const latency = latencies[Math.ceil(share * latencies.length) - 1] ?? least;
      return { scheduler: name, latency: Number(latency.toPrecision(5)), share };
    });
  });
  return {
    width: 760,
    height: 220,
    data: { values },
    mark: { type: "line", interpolate: "step-after", strokeWidth: 2 },
    encoding: {
      x: {
        field: "latency",
        type: "quantitative",
        scale: { type: "log", nice: false },
        title: "ms from acknowledged creation to binding",
        axis: { format: "~s", tickCount: 8 },
      },
      y: { field: "share", type: "quantitative", title: "share of pods", axis: { format: "%" } },
      color: schedulerColour(data),
    },
  };
}
