import { describe, expect, test } from "vitest";
import { calibrated, isCalibration } from "../../../../cli/bench/scenario/calibrate.ts";
import { exampleData } from "../export/example-data.ts";

const { scenario } = exampleData();

describe("a calibration", () => {
  test("measures the first scheduler against itself, and changes nothing else", () => {
    const given = {
      ...scenario,
      schedulers: [{ name: "mine", configuration: "mine.yaml" }, { name: "base" }],
      thresholds: [{ scheduler: "base", metric: "throughput", atLeast: 1 }],
    };
    expect(calibrated(given)).toEqual({
      ...given,
      name: "basic-calibration",
      schedulers: [
        { name: "mine", configuration: "mine.yaml" },
        { name: "mine-again", configuration: "mine.yaml" },
      ],
      compare: { ...scenario.compare, baseline: "mine" },
      thresholds: [],
    });
    expect(given.schedulers).toHaveLength(2);
  });

  test("is known by its names, and no other scenario is one", () => {
    const long = "a".repeat(30);
    for (const name of ["mine", long])
      expect(isCalibration(calibrated({ ...scenario, schedulers: [{ name }] }))).toBe(true);
    const named = (...names: readonly string[]) => isCalibration({ schedulers: names.map((name) => ({ name })) });
    expect(named("a", "a-again")).toBe(true);
    const others = [[], ["a"], ["a", "b"], ["a-again", "a"], ["a", "a-again", "b"]];
    expect(others.map((names) => named(...names))).toEqual(others.map(() => false));
  });

  test("needs a scheduler", () => {
    expect(() => calibrated({ ...scenario, schedulers: [] })).toThrow("basic has no scheduler");
  });
});
