import type { BenchmarkData } from "../export/benchmark-data.ts";

/** Okabe and Ito's colours without black and yellow: legible for the colour-blind, on a light and on a dark page. */
const range = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"];

/** Returns the colour channel of a plot: each scheduler has the same colour in every plot of a page. */
export function schedulerColour({ scenario }: BenchmarkData) {
  const domain = scenario.schedulers.map(({ name }) => name);
  return {
    field: "scheduler",
    type: "nominal" as const,
    scale: { domain, range },
    legend: { title: null, orient: "top" as const },
  };
}
