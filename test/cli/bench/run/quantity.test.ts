import { expect, test } from "vitest";
import { quantity } from "../../../../cli/bench/run/quantity.ts";

test.each([
  ["0", 0],
  ["4", 4],
  ["500m", 0.5],
  ["1.5", 1.5],
  [".5", 0.5],
  ["-2", -2],
  ["100n", 1e-7],
  ["3u", 3e-6],
  ["2k", 2000],
  ["1M", 1e6],
  ["1E", 1e18],
  ["1e3", 1000],
  ["12E2", 1200],
  ["2Ki", 2048],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["1Ei", 2 ** 60],
])("the quantity %s is %d", (text, expected) => {
  expect(quantity(text)).toBeCloseTo(expected, 9);
});

test.each(["", "m", "Gi", "1 Gi", "1K", "1gi", "0x10", "1.2.3", "NaN", "one"])("%j is no quantity", (text) => {
  expect(() => quantity(text)).toThrow(`expected a quantity such as 500m or 2Gi, got ${JSON.stringify(text)}`);
});
