/**
 * Returns the p-values after Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979), in the order of the
 * input. With them the probability of even one false difference stays at most 5 %.
 */
export function holm(values: readonly number[]): readonly number[] {
  const ascending = values.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const corrected = new Array<number>(values.length).fill(1);
  let largest = 0;
  for (const [rank, { p, index }] of ascending.entries()) {
    // A larger p-value must not become smaller than the one before it.
    largest = Math.min(1, Math.max(largest, p * (values.length - rank)));
    corrected[index] = largest;
  }
  return corrected;
}
