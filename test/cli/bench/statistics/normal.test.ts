import { describe, expect, it } from "vitest";
import { normalCumulative, student975 } from "../../../../cli/bench/statistics/normal.ts";

describe("tables of distributions", () => {
  it.each([
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1, 0.15865525393145707],
    [1.959963984540054, 0.975],
    [-3, 0.0013498980316300933],
    [6, 0.9999999990134123],
    [40, 1],
    [-40, 0],
  ])("the normal distribution at %d", (z, wanted) => {
    expect(normalCumulative(z)).toBeCloseTo(wanted, 13);
  });

  it.each([
    [4, 2.7764],
    [5, 2.5706],
    [9, 2.2622],
    [19, 2.093],
    [30, 2.0423],
    [1000, 1.9623],
  ])("Student's distribution with %i degrees of freedom", (degrees, wanted) => {
    expect(Math.abs(student975(degrees) - wanted)).toBeLessThan(0.001);
  });
});
