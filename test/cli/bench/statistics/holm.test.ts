import { describe, expect, it } from "vitest";
import { holm } from "../../../../cli/bench/statistics/holm.ts";

describe("Holm's correction", () => {
  it("multiplies the smallest by the number of tests, the next by one less, in the order of the input", () => {
    const corrected = holm([0.04, 0.01, 0.03, 0.005]);
    // R: p.adjust(c(0.04, 0.01, 0.03, 0.005), "holm")
    [0.06, 0.03, 0.06, 0.02].forEach((wanted, index) => expect(corrected[index]).toBeCloseTo(wanted, 12));
    expect(corrected).toHaveLength(4);
  });

  it("leaves a single p-value alone, and never exceeds 1", () => {
    expect(holm([0.04])).toEqual([0.04]);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
