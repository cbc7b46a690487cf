import { type BenchmarkData, countedRepetitions, type MeasuredRepetition, workloadName } from "./benchmark-data.ts";
import { upstreamName } from "./upstream-name.ts";

interface DataItem {
  readonly data: Readonly<Record<string, number>>;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Returns the counted repetitions in scheduler_perf's format `DataItems` version `v1`, which perf-dash reads. The labels
 * `scheduler` and `repetition` are additions. An item has all statistics of a metric, e.g. `Average` and `Perc50`.
 */
export function dataItems(data: BenchmarkData): string {
  const items = countedRepetitions(data).flatMap((repetition) => itemsOf(data, repetition));
  return `${JSON.stringify({ version: "v1", dataItems: items }, null, 2)}\n`;
}

function itemsOf({ scenario, kinds }: BenchmarkData, repetition: MeasuredRepetition): readonly DataItem[] {
  const values = kinds.flatMap(({ name, unit }) => {
    const value = repetition.measures[name];
    return value === undefined ? [] : [{ ...upstreamName(name), unit, value }];
  });
  return [...Map.groupBy(values, ({ metric }) => metric)].map(([Metric, group]) => ({
    data: Object.fromEntries(group.map(({ statistic, value }) => [statistic, value])),
    unit: group[0]?.unit ?? "",
    labels: {
      Metric,
      Name: workloadName(scenario),
      scheduler: repetition.scheduler,
      repetition: String(repetition.number),
    },
  }));
}
