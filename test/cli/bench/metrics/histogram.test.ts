import { describe, expect, it } from "vitest";
import { parseExposition } from "../../../../cli/bench/metrics/exposition.ts";
import { histogramChange, meanOf, quantileOf } from "../../../../cli/bench/metrics/histogram.ts";
import { counterChange } from "../../../../cli/bench/metrics/series.ts";

/** Returns the text of a histogram `d` with bounds 1, 2, 4 and infinity. */
function histogram(labels: string, buckets: readonly number[], sum: number): string {
  const les = ["1", "2", "4", "+Inf"];
  const lines = buckets.map((value, index) => `d_bucket{${labels}le="${les[index]}"} ${value}`);
  return [...lines, `d_sum{${labels}} ${sum}`, `d_count{${labels}} ${buckets.at(-1)}`, ""].join("\n");
}

function pair(before: string, after: string) {
  return { before: parseExposition(before), after: parseExposition(after) };
}

const ok = 'result="ok",';
const bad = 'result="bad",';

describe("histogramChange", () => {
  it("subtracts the first scrape", () => {
    const change = histogramChange(pair(histogram("", [1, 2, 2, 2], 3), histogram("", [5, 8, 11, 12], 30)), "d");
    expect(change).toEqual({ bounds: [1, 2, 4, Infinity], cumulative: [4, 6, 9, 10], sum: 27, count: 10 });
  });

  it("selects and sums series by labels; a new series began at 0", () => {
    const both = pair(histogram(ok, [1, 1, 1, 1], 1), histogram(ok, [2, 2, 2, 2], 2) + histogram(bad, [0, 3, 3, 3], 6));
    expect(histogramChange(both, "d", { result: "bad" })?.sum).toBe(6);
    expect(histogramChange(both, "d", { result: "ok" })?.cumulative).toEqual([1, 1, 1, 1]);
    expect(histogramChange(both, "d")?.cumulative).toEqual([1, 4, 4, 4]);
    expect(histogramChange(both, "d", { result: "none" })?.count).toBe(0);
  });

  it.each([
    ["a counter went down", histogram("", [5, 5, 5, 5], 5), histogram("", [1, 2, 3, 4], 9)],
    ["a series went away", histogram(bad, [1, 1, 1, 1], 1), histogram(ok, [1, 1, 1, 1], 1)],
    ["the name is missing", histogram("", [1, 1, 1, 1], 1), ""],
    ["buckets fall", "", histogram("", [3, 2, 4, 4], 1)],
    ["two series have other buckets", "", histogram(ok, [1, 1, 1, 1], 1) + histogram(bad, [1, 1], 1)],
    ["a value is no number", "", histogram("", [1, 1, 1, NaN], 1)],
  ])("is undefined where %s", (_, before, after) => {
    expect(histogramChange(pair(before, after), "d")).toBeUndefined();
  });
});

describe("quantileOf and meanOf", () => {
  const sample = { bounds: [1, 2, 4, Infinity], cumulative: [4, 6, 10, 10], sum: 25, count: 10 };

  it("interpolates inside the bucket", () => {
    expect(quantileOf(sample, 0.2)).toBe(0.5);
    expect(quantileOf(sample, 0.5)).toBe(1.5);
    expect(quantileOf(sample, 0.8)).toBe(3);
    expect(quantileOf(sample, 1)).toBe(4);
    expect(meanOf(sample)).toBe(2.5);
  });

  it("skips empty buckets", () => {
    const gap = { bounds: [1, 2, 4, Infinity], cumulative: [0, 0, 4, 4], sum: 12, count: 4 };
    expect(quantileOf(gap, 0)).toBe(2);
    expect(quantileOf(gap, 0.5)).toBe(3);
  });

  it("takes the highest finite bound for the last bucket", () => {
    expect(quantileOf({ ...sample, cumulative: [0, 0, 0, 5] }, 0.99)).toBe(4);
  });

  it("is undefined without observations", () => {
    const empty = { bounds: [1, Infinity], cumulative: [0, 0], sum: 0, count: 0 };
    expect(quantileOf(empty, 0.5)).toBeUndefined();
    expect(meanOf(empty)).toBeUndefined();
    expect(quantileOf({ bounds: [], cumulative: [], sum: 0, count: 0 }, 0.5)).toBeUndefined();
  });
});

describe("counterChange", () => {
  it("sums the series, whatever the order of labels", () => {
    const both = pair('n{a="1",b="2"} 3\n', 'n{b="2",a="1"} 5\nn{a="2"} 7\n');
    expect(counterChange(both, "n")).toBe(9);
    expect(counterChange(both, "n", { a: "1" })).toBe(2);
    expect(counterChange(both, "n", { a: "3" })).toBe(0);
  });

  it("is undefined after a restart and without the name", () => {
    expect(counterChange(pair("n 3", "n 2"), "n")).toBeUndefined();
    expect(counterChange(pair("n 3", "m 2"), "n")).toBeUndefined();
  });
});
