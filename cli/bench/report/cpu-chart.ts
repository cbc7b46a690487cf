import type { TopLevelSpec } from "vega-lite";
import { type BenchmarkData, countedRepetitions } from "../export/benchmark-data.ts";
import type { Repetition } from "../run/repetition.ts";
import { schedulerRows } from "./scheduler-rows.ts";

const components = ["kube-scheduler", "kube-apiserver", "etcd"] as const;
const mostSamples = 150;

/** Returns the processors that the scheduler, the API server and etcd used over time, a thin line for each repetition. */
export function cpuChart(data: BenchmarkData): TopLevelSpec {
  const values = countedRepetitions(data).flatMap(coresOf);
  return {
    data: { values },
    facet: schedulerRows(data),
    spec: {
      width: 760,
      height: 140,
      mark: { type: "line", strokeWidth: 1, opacity: 0.6 },
      encoding: {
        x: { field: "seconds", type: "quantitative", title: "seconds since the start of the measured window" },
        y: { field: "cores", type: "quantitative", title: "processors in use" },
        color: {
          field: "component",
          type: "nominal",
          scale: { domain: [...components], range: ["#0072b2", "#d55e00", "#009e73"] },
          legend: { title: null, orient: "top" },
        },
        detail: { field: "repetition", type: "nominal" },
      },
    },
  };
}

/**
 * Returns CPU seconds per second between two samples. A counter that fell belongs to a unit that started again. A scheduler starts
 * with the window where the pods wait for it, and its counter starts at 0.
 */
function coresOf({ number, scheduler, usage, window }: Repetition) {
  const every = Math.max(1, Math.ceil(usage.length / mostSamples));
  const samples = usage.filter((_, index) => index % every === 0);
  return samples.slice(1).flatMap((sample, index) => {
    const before = samples[index]!;
    return components.flatMap((component) => {
      const earlier = before.cpuSeconds[component];
      const since = earlier === undefined ? Math.max(before.at, window.start) : before.at;
      const used = (sample.cpuSeconds[component] ?? NaN) - (earlier ?? 0);
      const cores = (1000 * used) / (sample.at - since);
      return cores >= 0 && Number.isFinite(cores)
        ? [
            {
              repetition: number,
              scheduler,
              component,
              seconds: Number(((sample.at - window.start) / 1000).toFixed(3)),
              cores: Number(cores.toFixed(3)),
            },
          ]
        : [];
    });
  });
}
