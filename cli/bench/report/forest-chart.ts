import type { TopLevelSpec } from "vega-lite";
import type { BenchmarkData } from "../export/benchmark-data.ts";
import { schedulerColour } from "./scheduler-colour.ts";

/**
 * Returns each ratio to the baseline with its interval, on a logarithmic axis. The band is the scenario's equivalence: ratios
 * inside it count as the same. Pairs that are not comparable, and ratios that are not above 0, are left out.
 */
export function forestChart(data: BenchmarkData): TopLevelSpec {
  const { baseline, equivalence } = data.scenario.compare;
  const values = data.result.pairs
    .filter(({ verdict }) => verdict.kind !== "not comparable")
    .filter(({ ratio, interval }) => [ratio, ...interval].every((value) => value > 0 && Number.isFinite(value)))
    .map(({ scheduler, measure, ratio, interval: [low, high], verdict }) => ({
      scheduler,
      measure: data.kinds.find(({ name }) => name === measure)?.title ?? measure,
      ratio,
      low,
      high,
      verdict: verdict.kind,
    }));
  const band = { from: 1 / (1 + equivalence), to: 1 + equivalence };
  const scale = { type: "log" as const, nice: false, padding: 20, domain: domainOf(values, band) };
  const x = {
    type: "quantitative" as const,
    scale,
    title: `ratio to ${baseline}`,
    axis: { format: "~g", tickCount: 7 },
  };
  const y = { field: "measure", type: "nominal" as const, title: null, sort: null, axis: { labelLimit: 320 } };
  const yOffset = { field: "scheduler", type: "nominal" as const, sort: null };
  return {
    width: 520,
    height: { step: 22 },
    layer: [
      {
        data: { values: [band] },
        mark: { type: "rect", color: "#888888", opacity: 0.22 },
        encoding: { x: { ...x, field: "from" }, x2: { field: "to" } },
      },
      {
        data: { values: [{ one: 1 }] },
        mark: { type: "rule", color: "#888888" },
        encoding: { x: { ...x, field: "one" } },
      },
      {
        data: { values },
        mark: { type: "rule", strokeWidth: 2 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, yOffset, color: schedulerColour(data) },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 70, opacity: 1 },
        encoding: { x: { ...x, field: "ratio" }, y, yOffset, color: schedulerColour(data) },
      },
    ],
  };
}

/** Returns the limits of the axis: all intervals, the band, and a little of each side. */
function domainOf(
  values: readonly { readonly low: number; readonly high: number }[],
  { from, to }: { readonly from: number; readonly to: number },
): [number, number] {
  const low = Math.min(from, ...values.map((value) => value.low));
  const high = Math.max(to, ...values.map((value) => value.high));
  return [low / 1.02, high * 1.02];
}
