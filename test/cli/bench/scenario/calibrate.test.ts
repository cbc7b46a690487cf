import { describe, expect, test } from "vitest";
import { calibrated } from "../../../../cli/bench/scenario/calibrate.ts";
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

  test("needs a scheduler", () => {
    expect(() => calibrated({ ...scenario, schedulers: [] })).toThrow("basic has no scheduler");
  });
});
