/** A measure's name in the formats of scheduler_perf: metric `SchedulingThroughput`, statistic `Perc50`. */
interface UpstreamName {
  readonly metric: string;
  readonly statistic: string;
}

const statistics: Readonly<Record<string, string>> = {
  average: "Average",
  p50: "Perc50",
  p90: "Perc90",
  p95: "Perc95",
  p99: "Perc99",
  max: "Max",
};

/**
 * Returns the name by which scheduler_perf's tools know a measure. The statistics of `throughput` are upstream's
 * `SchedulingThroughput`; a measure that is no statistic is an `Average` under its own name.
 */
export function upstreamName(measure: string): UpstreamName {
  const dot = measure.lastIndexOf(".");
  const statistic = statistics[measure.slice(dot + 1)];
  if (dot < 0 || statistic === undefined) return { metric: measure, statistic: "Average" };
  const group = measure.slice(0, dot);
  return { metric: group === "throughput" ? "SchedulingThroughput" : group, statistic };
}
