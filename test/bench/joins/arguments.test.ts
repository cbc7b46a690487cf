import { describe, expect, test, vi } from "vitest";
import { parseArguments } from "../../../bench/joins/arguments.ts";

describe("the arguments of bench:joins", () => {
  test("have defaults", () => {
    expect(parseArguments([])).toEqual({ nodes: 1000, waves: [20, 50, 100, 200, 400, 1000], start: 5, repeat: 1 });
  });

  test("are read in the given order", () => {
    const given = ["--nodes", "30", "--waves", "8,2", "--start", "0", "--repeat", "3"];
    expect(parseArguments(given)).toEqual({ nodes: 30, waves: [8, 2], start: 0, repeat: 3 });
  });

  test.each([
    ["--nodes", "0"],
    ["--nodes", "4001"],
    ["--waves", "1,x"],
    ["--waves", ""],
    ["--start", "601"],
    ["--repeat", "0"],
    ["--wave", "1"],
  ])("are refused: %s %s", (...given) => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(() => parseArguments(given)).toThrow(given[0]);
  });
});
