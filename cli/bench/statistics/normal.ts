/** Quantile of the standard normal distribution that leaves 2.5 % above it. */
const normal975 = 1.959963984540054;

/** Returns the probability that a standard normal variable is at most `z`, to 1e-14. */
export function normalCumulative(z: number): number {
  // Beyond this the result is 0 or 1 in double precision, and the series would be long.
  if (Math.abs(z) > 9) return z < 0 ? 0 : 1;
  // Marsaglia's series: density times the sum of z^(2k+1) / (1 * 3 * 5 * ...).
  let term = z;
  let sum = z;
  for (let divisor = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && term !== 0; divisor += 2) {
    term *= (z * z) / divisor;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/**
 * Returns the quantile of Student's distribution that leaves 2.5 % above it (Abramowitz and Stegun 26.7.5). It is exact
 * to 0.001 from 4 degrees of freedom on.
 */
export function student975(degrees: number): number {
  const z = normal975;
  const terms = [
    z,
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return terms.reduce((sum, term, power) => sum + term / degrees ** power, 0);
}
