/**
 * Returns the nearest-rank percentile of values, as scheduler_perf computes it; undefined for no values.
 *
 * @param values In any order.
 * @param percent From 0 to 100; 100 is the maximum.
 */
export function percentileOf(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((sorted.length * percent) / 100));
  return sorted[rank - 1];
}
