import { describe, expect, test } from "vitest";
import { judge } from "../../../bench/engine/goals.ts";
import type { Result } from "../../../bench/engine/operations.ts";
import { result } from "./results.ts";

/** Verdict and detail of the goal that a text begins. */
function verdictOf(results: readonly Result[], goal: string) {
  const found = judge(results).filter((each) => each.goal.startsWith(goal));
  expect(found).toHaveLength(1);
  return [found[0]!.verdict, found[0]!.detail];
}

test("without results, no goal is judged", () => {
  const verdicts = judge([]);
  expect(verdicts).toHaveLength(9);
  expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(["not measured"]));
});

describe("the growth from 100 to 1,000 workers", () => {
  const goal = "first up: exponent";

  test("meets its goal up to an exponent of 1.1, without the plugins", () => {
    expect(verdictOf([result(100, "up", 10), result(1000, "up", 125)], goal)).toEqual(["met", "1.10"]);
  });

  test("misses its goal above", () => {
    expect(verdictOf([result(100, "up", 10), result(1000, "up", 1000)], goal)).toEqual(["missed", "2.00"]);
  });

  test("misses its goal when an operation was stopped", () => {
    const stopped = result(1000, "up", 10, { outcome: "stopped" });
    expect(verdictOf([result(100, "up", 10), stopped], goal)).toEqual(["missed", "stopped at 1000 workers"]);
  });

  test.each([
    ["another size", result(300, "up", 10)],
    ["another operation", result(1000, "preview", 10)],
    ["another tool", result(1000, "up", 10, { tool: "opentofu" })],
  ])("is not measured with %s", (_, other) => {
    expect(verdictOf([result(100, "up", 10), other], goal)[0]).toBe("not measured");
  });
});

describe("the first up of 3,000 workers", () => {
  const goal = "first up of 3000";

  test.each([
    [900, 3, "met", "900 s, 6.0 GiB"],
    [901, 3, "missed", "901 s, 6.0 GiB"],
    [900, 3.1, "missed", "900 s, 6.2 GiB"],
  ])("with %d CPU seconds and twice %d GiB", (cpu, gibibytes, verdict, detail) => {
    const memory = { cli: gibibytes * 2 ** 30, program: gibibytes * 2 ** 30 };
    expect(verdictOf([result(3000, "up", cpu, { memory })], goal)).toEqual([verdict, detail]);
  });
});

describe("one worker more at 1,000", () => {
  const goal = "one worker more at 1000";
  const grown = (create: number, foreign: readonly string[], deleted = 0) => [
    result(1000, "grow", 1, { calls: { create, update: 2, delete: deleted }, foreign }),
  ];

  test("meets its goal when it creates its own resources", () => {
    expect(verdictOf(grown(7, []), goal)).toEqual(["met", "7 created"]);
  });

  test("misses its goal with another resource, which is named", () => {
    const detail = "8 created, 1 of them not its own: Domain worker-node-3";
    expect(verdictOf(grown(8, ["Domain worker-node-3"]), goal)).toEqual(["missed", detail]);
  });

  test("misses its goal when it creates nothing or deletes something", () => {
    expect(verdictOf(grown(0, []), goal)[0]).toBe("missed");
    expect(verdictOf(grown(7, [], 1), goal)[0]).toBe("missed");
  });
});
