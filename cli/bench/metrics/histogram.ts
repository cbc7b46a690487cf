import { changesOf, counterChange, type LabelFilter, type ScrapePair } from "./series.ts";

/** Observations of a histogram between two scrapes, summed over its series. */
interface Histogram {
  /** Upper bounds in ascending order; the last one is infinite. */
  readonly bounds: readonly number[];
  /** Observations at or below each bound. */
  readonly cumulative: readonly number[];
  /** Sum of the observations in the metric's unit. */
  readonly sum: number;
  readonly count: number;
}

/**
 * Returns the observations of a histogram between two scrapes, of all series with these labels.
 *
 * It is undefined where the second scrape lacks the histogram, or where a counter went down because the process started again.
 * It is also undefined where the buckets of two series differ, or a bucket has fewer observations than the one below it.
 *
 * @param name Name of the family, without `_bucket`.
 */
export function histogramChange(pair: ScrapePair, name: string, filter: LabelFilter = {}): Histogram | undefined {
  const buckets = changesOf(pair, `${name}_bucket`, filter);
  const sum = counterChange(pair, `${name}_sum`, filter);
  const counts = changesOf(pair, `${name}_count`, filter);
  if (buckets === undefined || sum === undefined || counts === undefined) return undefined;
  const totals = new Map<number, number>();
  const seriesPerBound = new Map<number, number>();
  for (const { labels, change } of buckets) {
    const le = labels.get("le") ?? "";
    const bound = le === "+Inf" ? Infinity : Number.parseFloat(le);
    if (Number.isNaN(bound)) return undefined;
    totals.set(bound, (totals.get(bound) ?? 0) + change);
    seriesPerBound.set(bound, (seriesPerBound.get(bound) ?? 0) + 1);
  }
  // A sum over buckets is right only where every series has every bound.
  if ([...seriesPerBound.values()].some((number) => number !== counts.length)) return undefined;
  const count = counts.reduce((total, { change }) => total + change, 0);
  const bounds = [...totals.keys()].sort((a, b) => a - b);
  const cumulative = bounds.map((bound) => totals.get(bound) ?? 0);
  const falls = cumulative.some((value, index) => index > 0 && value < (cumulative[index - 1] ?? 0));
  if (falls || (bounds.length > 0 && bounds.at(-1) !== Infinity)) return undefined;
  return { bounds, cumulative, sum, count };
}

/**
 * Returns a quantile with linear interpolation inside its bucket, as Prometheus does.
 *
 * Observations in the last bucket count as the highest finite bound. It is undefined without observations.
 *
 * @param quantile From 0 to 1.
 */
export function quantileOf(histogram: Histogram, quantile: number): number | undefined {
  const { bounds, cumulative } = histogram;
  const total = cumulative.at(-1) ?? 0;
  if (total === 0) return undefined;
  const rank = quantile * total;
  // The bucket must hold observations, else there is nothing to interpolate over.
  const index = cumulative.findIndex((value, at) => value >= rank && value > (cumulative[at - 1] ?? 0));
  const upper = bounds[index] ?? Infinity;
  if (upper === Infinity) return bounds.at(-2);
  const lower = bounds[index - 1] ?? Math.min(0, upper);
  const below = cumulative[index - 1] ?? 0;
  const inside = (cumulative[index] ?? 0) - below;
  return lower + ((upper - lower) * (rank - below)) / inside;
}

/** Returns the mean of the observations in the metric's unit; undefined without observations. */
export function meanOf(histogram: Histogram): number | undefined {
  return histogram.count === 0 ? undefined : histogram.sum / histogram.count;
}
