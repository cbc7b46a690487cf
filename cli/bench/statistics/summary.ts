import type { Summary } from "./result.ts";

/** Least number of values that gives a 95 % interval of a median: 1 - 2 / 2^6 is 96.9 %. */
export const leastForInterval = 6;

/**
 * Returns the median of a measure, and its 95 % interval from order statistics.
 *
 * The interval reaches from the k-th smallest to the k-th largest value. k is the largest number for which a binomial
 * variable of n tosses is below k with a probability of at most 2.5 %. The interval needs no assumption on the distribution.
 * @throws where there is no value, or a value is no finite number.
 */
export function summarize(values: readonly number[]): Summary {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || wrong !== undefined)
    throw new Error(
      `A summary needs finite values, got ${wrong ?? "none"}. Fix: leave a measure without a value out of the repetition.`,
    );
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? NaN;
  const rank = intervalRank(values.length);
  return {
    count: values.length,
    median: sortedMedian(sorted),
    ...(rank > 0 && { interval: [at(rank - 1), at(values.length - rank)] as const }),
    minimum: at(0),
    maximum: at(values.length - 1),
  };
}

/** Returns the median of a list in ascending order, NaN for an empty one. */
export function sortedMedian(sorted: ArrayLike<number>): number {
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

/** Returns the rank k, from 1, of the lower end of the 95 % interval of a median; 0 where `count` is too small. */
function intervalRank(count: number): number {
  let probability = 0.5 ** count;
  let below = probability;
  let rank = 0;
  // A power of 2 underflows at 1075 tosses. No benchmark has that many repetitions, so a normal interval serves there.
  if (probability === 0) return Math.floor((count - 1.96 * Math.sqrt(count)) / 2);
  while (below <= 0.025) {
    rank += 1;
    probability *= (count - rank + 1) / rank;
    below += probability;
  }
  return rank;
}
