import type { Summary } from "../statistics/result.ts";

/** Returns a value with 4 significant digits, or as a whole number from 1000 on, and its unit. */
export function amount(value: number, unit = ""): string {
  const digits = Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
  return unit === "" ? digits : `${digits} ${unit}`;
}

/** Returns the interval of a median, e.g. `(240 to 252)`; "" where there are too few values. */
export function intervalText({ interval }: Summary): string {
  return interval === undefined ? "" : `(${amount(interval[0])} to ${amount(interval[1])})`;
}
