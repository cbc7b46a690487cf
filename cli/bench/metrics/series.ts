import type { Exposition, Sample } from "./exposition.ts";

/** Two scrapes of one process, before and after the measured window. */
export interface ScrapePair {
  readonly before: Exposition;
  readonly after: Exposition;
}

/** Values of one series in two scrapes. */
interface SeriesChange {
  readonly labels: ReadonlyMap<string, string>;
  /** Value after minus value before. */
  readonly change: number;
}

/** Labels that a series must have, with their values. */
export type LabelFilter = Readonly<Record<string, string>>;

/**
 * Returns the change of every series of a counter with these labels.
 *
 * A series that is new in the second scrape began at 0. The result is undefined where a value went down or a series
 * went away: the process started again in between. It is also undefined where the second scrape lacks the name.
 */
export function changesOf(pair: ScrapePair, name: string, filter: LabelFilter = {}): SeriesChange[] | undefined {
  const after = pair.after.samples.get(name);
  if (after === undefined) return undefined;
  const rest = new Map<string, number>();
  for (const sample of pair.before.samples.get(name) ?? []) {
    if (matches(sample, filter)) rest.set(keyOf(sample), sample.value);
  }
  const changes: SeriesChange[] = [];
  for (const sample of after) {
    if (!matches(sample, filter)) continue;
    const key = keyOf(sample);
    const change = sample.value - (rest.get(key) ?? 0);
    // A comparison with NaN is false, so this form refuses NaN too.
    if (!(change >= 0)) return undefined;
    rest.delete(key);
    changes.push({ labels: sample.labels, change });
  }
  return rest.size === 0 ? changes : undefined;
}

/**
 * Returns how much a counter grew between two scrapes, summed over all series with these labels.
 *
 * It is 0 where the name is there but no series has these labels. It is undefined as {@link changesOf} tells.
 */
export function counterChange(pair: ScrapePair, name: string, filter: LabelFilter = {}): number | undefined {
  return changesOf(pair, name, filter)?.reduce((sum, series) => sum + series.change, 0);
}

/** As {@link counterChange}, for a counter that appears with its first event: 0 where the second scrape lacks the name. */
export function rareChange(pair: ScrapePair, name: string, filter: LabelFilter): number | undefined {
  return pair.after.samples.has(name) ? counterChange(pair, name, filter) : 0;
}

function matches(sample: Sample, filter: LabelFilter): boolean {
  return Object.entries(filter).every(([label, value]) => sample.labels.get(label) === value);
}

function keyOf(sample: Sample): string {
  return JSON.stringify([...sample.labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}
