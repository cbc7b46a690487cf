import { student975 } from "./normal.ts";
import { leastForInterval } from "./summary.ts";

/** Normal quantile of a chance of 80 % to see the difference. */
const power80 = 0.8416;

/** Hodges-Lehmann against the mean under normal noise: root of pi / 3. */
const widening = Math.sqrt(Math.PI / 3);

/** Number that no one wants to run; the search ends there. */
const most = 1000;

/**
 * Returns the smallest difference, as a logarithm of a ratio, that a number of blocks shows with a chance of 80 %.
 * It is (t + 0.84) * 1.02 * spread / sqrt(n). t is the 97.5 % quantile of Student's distribution with n - 1 degrees of freedom.
 * @param spread Standard deviation of the logarithms of the ratios within blocks.
 */
export function resolution(spread: number, blocks: number): number {
  return ((student975(blocks - 1) + power80) * widening * spread) / Math.sqrt(blocks);
}

/**
 * Returns how many repetitions more would probably give a verdict, undefined where none would, Infinity where more than 1000.
 *
 * It is the smallest number of blocks n whose {@link resolution} is at most the larger of two distances. One is from the present
 * ratio to 1: the interval then leaves 1 out. The other is from it to the end of the equivalence band: the interval is inside.
 * n is also at least 6, and so large that 2 / 2^n, the least p-value of the sign-flip test, passes Holm's correction.
 * @param equivalence Half-width of the band as a fraction, e.g. 0.03.
 * @param tests Number of comparisons that Holm's correction takes together.
 */
export function moreRepetitions({
  ratio,
  spread,
  blocks,
  equivalence,
  tests,
}: {
  readonly ratio: number;
  readonly spread: number;
  readonly blocks: number;
  readonly equivalence: number;
  readonly tests: number;
}): number | undefined {
  const effect = Math.abs(Math.log(ratio));
  const target = Math.max(effect, Math.log1p(equivalence) - effect);
  if (!(target > 0)) return undefined;
  const least = Math.max(leastForInterval, Math.ceil(Math.log2((2 * tests) / 0.05)), blocks + 1);
  // One block has no spread. The least number is then all that can be said.
  if (Number.isNaN(spread)) return least - blocks;
  for (let wanted = least; wanted <= blocks + most; wanted += 1)
    if (resolution(spread, wanted) <= target) return wanted - blocks;
  return Infinity;
}
