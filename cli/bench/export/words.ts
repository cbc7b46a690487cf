import type { PairResult, Summary } from "../statistics/result.ts";

/** Returns a value with 4 significant digits, or as a whole number from 1000 on, and its unit. */
export function amount(value: number, unit = ""): string {
  const digits = Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
  return unit === "" ? digits : `${digits} ${unit}`;
}

/** Returns the estimate behind a verdict, e.g. `ratio 1.227 (1.214 to 1.241), p 0.03, 6 blocks`; "" where no ratio exists. */
export function estimateText({ ratio, interval, p, blocks }: PairResult): string {
  if (Number.isNaN(ratio)) return "";
  const ends = interval.map((end) => end.toFixed(3)).join(" to ");
  return `ratio ${ratio.toFixed(3)} (${ends}), p ${amount(p)}, ${blocks} ${blocks === 1 ? "block" : "blocks"}`;
}

/** Returns the interval of a median, e.g. `(240 to 252)`; "" where there are too few values. */
export function intervalText({ interval }: Summary): string {
  return interval === undefined ? "" : `(${amount(interval[0])} to ${amount(interval[1])})`;
}
