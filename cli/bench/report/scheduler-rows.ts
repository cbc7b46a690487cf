import type { BenchmarkData } from "../export/benchmark-data.ts";

/** Returns the facet of a plot that has a row for each scheduler, in the order of the scenario. */
export function schedulerRows({ scenario }: BenchmarkData) {
  return {
    row: {
      field: "scheduler",
      type: "nominal" as const,
      header: { title: null, labelOrient: "top" as const, labelAnchor: "start" as const, labelAngle: 0 },
      sort: scenario.schedulers.map(({ name }) => name),
    },
  };
}
