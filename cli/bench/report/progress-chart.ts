import type { TopLevelSpec } from "vega-lite";
import { type BenchmarkData, countedRepetitions } from "../export/benchmark-data.ts";
import type { PodTimes, Repetition } from "../run/repetition.ts";
import { sortedMedian } from "../statistics/summary.ts";
import { schedulerRows } from "./scheduler-rows.ts";

/** Number of times at which the pods are counted: the plot has fewer pixels between two of them than a line is wide. */
const steps = 120;
const series = ["created", "bound", "running"] as const;

/** Number of pods that had reached a state, at a time in seconds since the start of the measured window. */
interface ProgressPoint {
  readonly scheduler: string;
  readonly series: (typeof series)[number];
  /** Repetition's number; `median` for the median of all. */
  readonly line: string;
  readonly seconds: number;
  readonly pods: number;
}

/** Returns the numbers of created, bound and running pods over time: thin for each repetition, thick for the median. */
export function progressChart(data: BenchmarkData): TopLevelSpec {
  const points = data.scenario.schedulers.flatMap(({ name }) =>
    pointsOf(
      name,
      countedRepetitions(data).filter(({ scheduler }) => scheduler === name),
    ),
  );
  const used = series.filter((name) => points.some((point) => point.series === name));
  const encoding = {
    x: { field: "seconds", type: "quantitative" as const, title: "seconds since the start of the measured window" },
    y: { field: "pods", type: "quantitative" as const, title: "pods" },
    color: {
      field: "series",
      type: "nominal" as const,
      scale: { domain: [...used], range: ["#999999", "#0072b2", "#009e73"] },
      legend: { title: null, orient: "top" as const },
    },
    detail: { field: "line", type: "nominal" as const },
  };
  const layer = (filter: string, strokeWidth: number, opacity: number) => ({
    transform: [{ filter }],
    mark: { type: "line" as const, strokeWidth, opacity },
    encoding,
  });
  return {
    data: { values: points },
    facet: schedulerRows(data),
    spec: {
      width: 760,
      height: 180,
      layer: [layer("datum.line != 'median'", 0.7, 0.45), layer("datum.line == 'median'", 2.5, 1)],
    },
  };
}

function pointsOf(scheduler: string, repetitions: readonly Repetition[]): readonly ProgressPoint[] {
  const times = series.map((name) => ({
    name,
    lines: repetitions.map((repetition) => ({
      line: String(repetition.number),
      times: timesOf(repetition, name),
    })),
  }));
  const ends = times.flatMap(({ lines }) => lines.map((line) => line.times.at(-1) ?? 0));
  const last = Math.max(...ends, 0.001);
  // A backlog is created long before the window; a tenth of the window is enough to show that it was there.
  const begins = times.flatMap(({ lines }) => lines.map((line) => line.times[0] ?? 0));
  const first = Math.max(Math.min(...begins, 0), -last / 10);
  const grid = Array.from({ length: steps + 1 }, (_, index) => first + ((last - first) * index) / steps);
  return times
    .filter(({ lines }) => lines.some((line) => line.times.length > 0))
    .flatMap(({ name, lines }) => {
      const counted = lines.map((line) => ({ line: line.line, counts: countsAt(line.times, grid) }));
      const median = grid.map((_, index) =>
        sortedMedian(counted.map(({ counts }) => counts[index] ?? 0).toSorted((left, right) => left - right)),
      );
      return [...counted, { line: "median", counts: median }].flatMap(({ line, counts }) =>
        counts.map((pods, index): ProgressPoint => ({
          scheduler,
          series: name,
          line,
          seconds: Number((grid[index] ?? 0).toFixed(4)),
          pods,
        })),
      );
    });
}

/** Returns the sorted times of a state in seconds since the start of the window. */
function timesOf({ pods, window }: Repetition, state: keyof PodTimes & (typeof series)[number]): readonly number[] {
  return pods
    .flatMap((pod) => pod[state] ?? [])
    .map((time) => (time - window.start) / 1000)
    .sort((left, right) => left - right);
}

function countsAt(times: readonly number[], grid: readonly number[]): readonly number[] {
  let reached = 0;
  return grid.map((at) => {
    // The grid's last time is computed, and may be a rounding error below the last pod's.
    while (reached < times.length && (times[reached] ?? 0) <= at + 1e-9) reached += 1;
    return reached;
  });
}
