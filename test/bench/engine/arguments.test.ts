import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parseArguments } from "../../../bench/engine/arguments.ts";

let errors: string;
beforeEach(() => {
  errors = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const all = ["up", "preview", "grow", "shrink", "roll", "refresh", "destroy"];

describe("the arguments of bench:engine", () => {
  test("have defaults", () => {
    expect(parseArguments([])).toEqual({
      workers: [10, 100],
      operations: all,
      limit: 1800,
      journal: "auto",
      tools: ["nodeforge", "opentofu"],
      json: undefined,
    });
  });

  test("are sizes in ascending order, operations in their own order, a limit and a file", () => {
    const args = [
      "--workers",
      "300,10,10",
      "--operations",
      "destroy,grow",
      "--limit",
      "60",
      "--tools",
      "opentofu",
      "--journal",
      "on",
    ];
    expect(parseArguments([...args, "--json", "out.json"])).toEqual({
      workers: [10, 300],
      operations: ["up", "grow", "destroy"],
      limit: 60,
      journal: "on",
      tools: ["opentofu"],
      json: "out.json",
    });
  });

  test.each([
    [["--workers", "0"], "Expected whole numbers from 1 to 4000, such as 10,100."],
    [["--workers", "10,x"], "Expected whole numbers from 1 to 4000"],
    [["--workers", "4001"], "Expected whole numbers from 1 to 4000"],
    [["--workers", ""], "Expected whole numbers from 1 to 4000"],
    [["--operations", "up,down"], "Unknown: down. Expected up, preview, grow, shrink, roll, refresh, destroy."],
    [["--tools", "nodeforge,pulumi"], "Unknown: pulumi. Expected nodeforge, opentofu."],
    [["--journal", "yes"], "Allowed choices are auto, on, off."],
    [["--limit", "1.5"], "Expected whole seconds from 1 to 99999."],
    [["--limit", "0"], "Expected whole seconds from 1 to 99999."],
    [["--worker", "10"], "unknown option '--worker'"],
    [["10"], "too many arguments"],
  ])("refuse %j", (args, message) => {
    expect(() => parseArguments(args)).toThrow();
    expect(errors).toContain(message);
  });
});
