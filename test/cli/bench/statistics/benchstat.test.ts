import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareUnpaired } from "../../../../cli/bench/statistics/mann-whitney.ts";
import { summarize } from "../../../../cli/bench/statistics/summary.ts";

/*
 * benchstat/output.csv is what golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da prints in that folder.
 *
 *     benchstat -format csv a.txt b.txt > output.csv
 */
const read = (name: string) => readFileSync(new URL(`benchstat/${name}`, import.meta.url), "utf8");

function valuesOf(file: string): ReadonlyMap<string, readonly number[]> {
  const values = new Map<string, number[]>();
  for (const [, name = "", value] of read(file).matchAll(/^Benchmark(\w+) 1 (\S+) pods\/s$/gm))
    values.set(name, [...(values.get(name) ?? []), Number(value)]);
  return values;
}

const rows = [
  ...read("output.csv").matchAll(/^(\w+),([\d.]+),(\d+)%,([\d.]+),(\d+)%,(~|[+-][\d.]+%),p=([\d.]+) n=\S+$/gm),
].map(([, name = "", medianA, halfA, medianB, halfB, change = "", p]) => ({
  name,
  numbers: [medianA, halfA, medianB, halfB, p].map(Number),
  change,
}));
const [a, b] = [valuesOf("a.txt"), valuesOf("b.txt")];

/** The larger distance of the interval's ends from the median, in whole per cent, as benchstat prints it. */
function halfWidth(values: readonly number[]): number {
  const { median, interval = [NaN, NaN] } = summarize(values);
  return Math.round(100 * Math.max(...interval.map((end) => Math.abs(end / median - 1))));
}

describe("benchstat", () => {
  it("compared four benchmarks", () => {
    expect(rows.map(({ name }) => name)).toEqual(["Ten", "Ties", "Long", "Six"]);
    expect([...a.keys()]).toEqual([...b.keys()]);
  });

  it.each(rows)("agrees on $name", ({ name, numbers, change }) => {
    const [medianA, halfA, medianB, halfB, p] = numbers;
    const [base, other] = [a.get(name) ?? [], b.get(name) ?? []];
    expect(summarize(base).median).toBeCloseTo(medianA ?? NaN, 9);
    expect(summarize(other).median).toBeCloseTo(medianB ?? NaN, 9);
    expect([halfWidth(base), halfWidth(other)]).toEqual([halfA, halfB]);
    const compared = compareUnpaired(other, base);
    expect(compared.p.toFixed(3)).toBe(p?.toFixed(3));
    expect(change === "~").toBe(compared.p > 0.05);
    if (change !== "~") expect(`+${(100 * (compared.ratio - 1)).toFixed(2)}%`).toBe(change);
  });
});
