import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { synthesizeTrace } from "../../benchmarks/traces/synthesize.ts";
import { inCheckout } from "../../lib/checkout.ts";

const rowsOf = (text: string) => text.trimEnd().split("\n").slice(1);

describe("synthesizeTrace", () => {
  it("reproduces the shipped trace", () => {
    expect(synthesizeTrace()).toBe(readFileSync(inCheckout("benchmarks", "traces", "synthetic.csv"), "utf8"));
  });

  it("gives another trace for another seed, and the same for the same", () => {
    expect(synthesizeTrace({ seed: 2 })).not.toBe(synthesizeTrace({ seed: 1 }));
    expect(synthesizeTrace({ seed: 2 })).toBe(synthesizeTrace({ seed: 2 }));
  });

  it("makes the wanted number of pods, in the order of their creation, each with a lifetime", () => {
    const rows = rowsOf(synthesizeTrace({ pods: 30 })).map((row) => row.split(","));
    expect(rows).toHaveLength(30);
    expect(rows.every((cells) => cells.length === 11)).toBe(true);
    const created = rows.map((cells) => Number(cells[8]));
    expect(created).toEqual(created.toSorted((a, b) => a - b));
    expect(rows.filter((cells) => Number(cells[9]) <= Number(cells[8]))).toEqual([]);
    expect(new Set(rows.map(([name]) => name)).size).toBe(30);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s pods", (pods) => {
    expect(() => synthesizeTrace({ pods })).toThrow("Fix: give another number.");
  });

  it("refuses a seed that is no integer", () => {
    expect(() => synthesizeTrace({ seed: 0.5 })).toThrow("Fix: give another seed.");
  });
});
