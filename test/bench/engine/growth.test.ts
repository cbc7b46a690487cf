import { describe, expect, test } from "vitest";
import { growth, growths } from "../../../bench/engine/growth.ts";

describe("growth", () => {
  test.each([
    ["constant", 5, 5, 0],
    ["linear", 5, 50, 1],
    ["quadratic", 5, 500, 2],
    ["cubic", 5, 5000, 3],
  ])("of a %s cost", (_, small, large, exponent) => {
    const [one, other] = [
      { workers: 100, cost: small },
      { workers: 1000, cost: large },
    ];
    expect(growth(one, other).exponent).toBeCloseTo(exponent, 10);
    expect(growth(other, one)).toEqual(growth(one, other));
  });

  test.each([
    [
      { workers: 10, cost: 1 },
      { workers: 10, cost: 2 },
    ],
    [
      { workers: 10, cost: 0 },
      { workers: 100, cost: 2 },
    ],
    [
      { workers: 10, cost: 1 },
      { workers: 100, cost: NaN },
    ],
  ])("refuses %j and %j", (one, other) => {
    expect(() => growth(one, other)).toThrow("a growth needs positive costs at two sizes");
  });
});

test("growths compares each size with the next one, whatever their order", () => {
  const points = [100, 10, 1000].map((workers) => ({ workers, cost: workers }));
  expect(growths(points)).toEqual([
    { from: 10, to: 100, exponent: 1 },
    { from: 100, to: 1000, exponent: expect.closeTo(1, 10) as number },
  ]);
  expect(growths(points.slice(0, 1))).toEqual([]);
  expect(growths([])).toEqual([]);
});
