import { normalCumulative } from "./normal.ts";
import { sortedMedian } from "./summary.ts";

/** Lists up to this length get the exact test, as in benchstat, so that the two agree to the last digit. */
const exactUpTo = { withoutTies: 50, withTies: 25 };

/**
 * Compares two lists that have no common blocks, e.g. of two days, as benchstat does.
 *
 * `ratio` is the ratio of the medians, a / b. The 95 % interval is of the shift of the logarithms (Hodges-Lehmann), from the
 * quantiles of all pairwise differences. It is the whole range of the differences where the lists are too short for 95 %.
 * `p` is the two-sided p-value of the Mann-Whitney U test, the same as benchstat's with `b` as its base. It is exact for lists
 * of up to 50 values, and of up to 25 with ties. Above it is from the normal distribution, with the corrections for ties and
 * continuity.
 * @throws where a list is empty, or a value is not above 0.
 */
export function compareUnpaired(
  a: readonly number[],
  b: readonly number[],
): { readonly ratio: number; readonly interval: readonly [number, number]; readonly p: number } {
  const wrong = [...a, ...b].find((value) => !(value > 0 && Number.isFinite(value)));
  if (a.length === 0 || b.length === 0 || wrong !== undefined)
    throw new Error(
      `A comparison needs two lists of values above 0, got ${wrong ?? "an empty list"}. Fix: compare a measure that both runs have.`,
    );
  const median = (values: readonly number[]) => sortedMedian(values.toSorted((x, y) => x - y));
  const differences = a.flatMap((x) => b.map((y) => Math.log(x / y))).sort((x, y) => x - y);
  const rank = intervalRank(a.length, b.length);
  return {
    ratio: median(a) / median(b),
    interval: [Math.exp(differences[rank - 1] ?? NaN), Math.exp(differences[differences.length - rank] ?? NaN)],
    p: mannWhitney(b, a),
  };
}

/** Returns the two-sided p-value of the Mann-Whitney U test. */
export function mannWhitney(base: readonly number[], other: readonly number[]): number {
  const { ranks, ties } = doubledRanks([...base, ...other]);
  const size = ranks.length;
  const sum = ranks.slice(0, base.length).reduce((sum, rank) => sum + rank, 0);
  const mean = base.length * (size + 1);
  const distance = Math.abs(sum - mean);
  if (distance === 0) return 1;
  if (isExact(base.length, other.length, ties > 0)) {
    const counts = rankSums(ranks, base.length);
    // Ties make the two tails unequal. benchstat doubles the lower one of its base.
    return Math.min(1, (2 * total(counts.subarray(0, mean - distance + 1))) / total(counts));
  }
  const variance = ((base.length * other.length) / 12) * (size + 1 - ties / (size * (size - 1)));
  return Math.min(1, 2 * normalCumulative(-(distance / 2 - 0.5) / Math.sqrt(variance)));
}

function isExact(first: number, second: number, hasTies: boolean): boolean {
  return Math.max(first, second) <= (hasTies ? exactUpTo.withTies : exactUpTo.withoutTies);
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Twice the middle rank of each value, so that ties give integers, and the sum of t^3 - t over all groups of ties. */
function doubledRanks(values: readonly number[]): { readonly ranks: readonly number[]; readonly ties: number } {
  const sorted = values.toSorted((x, y) => x - y);
  const ranks = values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2);
  // Each of the t members of a group adds t^2 - 1.
  const ties = values
    .map((value) => (sorted.lastIndexOf(value) - sorted.indexOf(value) + 1) ** 2 - 1)
    .reduce((sum, part) => sum + part, 0);
  return { ranks, ties };
}

/** Returns how many choices of `chosen` of the ranks have each sum. */
function rankSums(ranks: readonly number[], chosen: number): Float64Array {
  const width = ranks.reduce((sum, rank) => sum + rank, 0) + 1;
  const table = Array.from({ length: chosen + 1 }, () => new Float64Array(width));
  const row = (index: number) => table[index] ?? new Float64Array(width);
  row(0)[0] = 1;
  for (const rank of ranks)
    // Downwards, so that no rank is chosen twice.
    for (let taken = chosen; taken > 0; taken -= 1) {
      const [from, to] = [row(taken - 1), row(taken)];
      for (let sum = rank; sum < width; sum += 1) to[sum] = (to[sum] ?? 0) + (from[sum - rank] ?? 0);
    }
  return row(chosen);
}

/** Returns the rank, from 1, of the lower end of the 95 % interval among all differences. */
function intervalRank(first: number, second: number): number {
  const size = first + second;
  if (!isExact(first, second, false)) {
    const deviation = Math.sqrt((first * second * (size + 1)) / 12);
    return Math.max(1, Math.floor((first * second) / 2 - 1.96 * deviation));
  }
  const ranks = Array.from({ length: size }, (_, index) => index + 1);
  const counts = rankSums(ranks, first);
  const limit = 0.025 * total(counts);
  const least = (first * (first + 1)) / 2;
  let below = 0;
  for (let u = 0; ; u += 1) {
    below += counts[least + u] ?? Infinity;
    if (below > limit) return Math.max(1, u);
  }
}
