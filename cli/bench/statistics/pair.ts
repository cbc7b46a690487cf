import { student975, normalCumulative } from "./normal.ts";
import { seededRandom } from "./random.ts";
import { leastForInterval } from "./summary.ts";

/** Ratio of two schedulers by one measure. */
export interface Estimate {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Two-sided p-value of "no difference", before any correction. */
  readonly p: number;
  /** Number of pairs. */
  readonly blocks: number;
  /** Standard deviation of the logarithms of the ratios within blocks; NaN for fewer than two blocks. */
  readonly spread: number;
}

/**
 * Compares two schedulers within blocks.
 *
 * The ratio is the Hodges-Lehmann estimate: the median of the means of all pairs of logarithms of ratios, a block with itself
 * included. Its 95 % interval is from a bootstrap over blocks with 10,000 resamples. The plain percentiles cover too little
 * for few blocks, so their level follows Student's distribution (Hesterberg, The American Statistician 69, 2015). Below 6
 * blocks the interval is the whole range of the ratios. p is from the sign-flip test on the sum of the logarithms: exact for
 * up to 20 blocks, from 100,000 random flips above.
 * @param pairs Scheduler's and baseline's value of each block, above 0.
 * @throws where there is no pair, or a value is not above 0.
 */
export function pairedRatio(pairs: readonly (readonly [number, number])[], seed: number): Estimate {
  const wrong = pairs.flat().find((value) => !(value > 0 && Number.isFinite(value)));
  if (pairs.length === 0 || wrong !== undefined)
    throw new Error(
      `A ratio needs values above 0, got ${wrong ?? "none"}. Fix: compare a measure that has such a value in every block.`,
    );
  const logs = pairs.map(([scheduler, baseline]) => Math.log(scheduler / baseline));
  const count = logs.length;
  const averages = walshAverages(logs);
  const [low, high] =
    count < leastForInterval ? [Math.min(...logs), Math.max(...logs)] : bootstrap(averages, count, seed);
  return {
    ratio: Math.exp(hodgesLehmann(averages, new Uint32Array(count).fill(1), count)),
    interval: [Math.exp(low), Math.exp(high)],
    p: signFlip(logs, seed),
    blocks: count,
    spread: standardDeviation(logs),
  };
}

/** Mean of two values, or of a value with itself, by the places of the two. */
interface Walsh {
  readonly mean: number;
  readonly first: number;
  readonly second: number;
}

/** Returns the means of all pairs in ascending order. */
function walshAverages(values: readonly number[]): readonly Walsh[] {
  return values
    .flatMap((a, first) => values.slice(first).map((b, index) => ({ mean: (a + b) / 2, first, second: first + index })))
    .sort((a, b) => a.mean - b.mean);
}

/**
 * Returns the Hodges-Lehmann estimate of a resample: the median of its means of pairs. A resample has only means of the original
 * values, so that one sort serves all resamples.
 * @param times How often the resample has each value.
 */
function hodgesLehmann(averages: readonly Walsh[], times: ArrayLike<number>, count: number): number {
  const pairs = (count * (count + 1)) / 2;
  const [lower, upper] = [Math.floor((pairs + 1) / 2), Math.floor(pairs / 2) + 1];
  let passed = 0;
  let low = NaN;
  for (const { mean, first, second } of averages) {
    const here = times[first] ?? 0;
    passed += first === second ? (here * (here + 1)) / 2 : here * (times[second] ?? 0);
    if (passed >= lower && Number.isNaN(low)) low = mean;
    if (passed >= upper) return (low + mean) / 2;
  }
  return NaN;
}

const resamples = 10_000;

function bootstrap(averages: readonly Walsh[], count: number, seed: number): readonly [number, number] {
  const random = seededRandom(seed);
  const times = new Uint32Array(count);
  const estimates = new Float64Array(resamples);
  for (let round = 0; round < resamples; round += 1) {
    times.fill(0);
    for (let i = 0; i < count; i += 1) {
      const drawn = random.below(count);
      times[drawn] = (times[drawn] ?? 0) + 1;
    }
    estimates[round] = hodgesLehmann(averages, times, count);
  }
  estimates.sort();
  // Resampling shrinks the spread by the root of (n - 1) / n, and a percentile takes it for known.
  const level = normalCumulative(-Math.sqrt(count / (count - 1)) * student975(count - 1));
  const skip = Math.floor(level * resamples);
  return [estimates[skip] ?? NaN, estimates[resamples - 1 - skip] ?? NaN];
}

const exactUpTo = 20;
const flips = 100_000;

/**
 * Returns the two-sided p-value of the sign-flip permutation test. It is the share of all changes of signs with a sum at
 * least as far from 0 as the observed one.
 */
export function signFlip(values: readonly number[], seed: number): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  // Sums of the same numbers in another order differ in the last digits, and must count as equal.
  const limit = Math.abs(total) - 1e-12 * values.reduce((sum, value) => sum + Math.abs(value), 0);
  if (values.length <= exactUpTo) {
    const reaching = (index: number, sum: number): number => {
      const value = values[index];
      if (value === undefined) return Math.abs(sum) >= limit ? 1 : 0;
      return reaching(index + 1, sum + value) + reaching(index + 1, sum - value);
    };
    // A change of all signs leaves the distance as it is, so that half of the changes suffice.
    return reaching(1, values[0] ?? 0) / 2 ** (values.length - 1);
  }
  const random = seededRandom(seed);
  let reached = 1; // The observed signs are one of the possible changes.
  for (let round = 0; round < flips; round += 1) {
    let sum = 0;
    for (const value of values) sum += random.bits() < 2 ** 31 ? value : -value;
    if (Math.abs(sum) >= limit) reached += 1;
  }
  return reached / (flips + 1);
}

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length < 2 ? NaN : Math.sqrt(squares / (values.length - 1));
}
