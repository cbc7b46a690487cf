interface DataItems {
  readonly dataItems: readonly {
    readonly data: Readonly<Record<string, number>>;
    readonly unit: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
}

/**
 * Reads the throughput of a workload from scheduler_perf's data items.
 * @returns the mean of the one-second samples, in pods/s.
 * @throws unless exactly one item has it.
 */
export function parseDataItems(texts: readonly string[], workload: string): number {
  const items = texts.flatMap((text) => (JSON.parse(text) as DataItems).dataItems);
  const values = items
    // The name ends in the namespace of the measured pods.
    .filter(({ labels }) => labels.Metric === "SchedulingThroughput" && `${labels.Name}/`.includes(`${workload}/`))
    .flatMap(({ data }) => data.Average ?? []);
  const [value] = values;
  if (value === undefined || values.length > 1 || !(value > 0)) {
    throw new Error(
      `scheduler_perf printed ${values.length} throughputs of ${workload} (${values.join(", ")}), expected one above 0. ` +
        "Fix: run the benchmark again, and with fewer other programs on this machine",
    );
  }
  return value;
}
