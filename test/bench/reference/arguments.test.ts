import { CommanderError } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseArguments } from "../../../bench/reference/arguments.ts";

describe("arguments of the reference benchmark", () => {
  beforeEach(() => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    [[], { mode: "upstream", rounds: 6 }],
    [["--rounds", "2"], { mode: "upstream", rounds: 2 }],
    [["--pods", "10000"], { mode: "generator", rounds: 6, pods: 10_000 }],
    [["--verdicts"], { mode: "verdicts", rounds: 40 }],
    [["--verdicts", "--rounds", "8"], { mode: "verdicts", rounds: 8 }],
    [["--repeat"], { mode: "repeat", rounds: 6 }],
  ])("%j", (args, expected) => {
    expect(parseArguments(args)).toEqual(expected);
  });

  it.each([
    [["--rounds", "0"]],
    [["--rounds", "101"]],
    [["--rounds", "1.5"]],
    [["--pods", "99"]],
    [["--pods", "20001"]],
    [["--verdicts", "--pods", "1000"]],
    [["--repeat", "--verdicts"]],
    [["--repeat", "--pods", "1000"]],
    [["--unknown"]],
    [["extra"]],
    [["--help"]],
  ])("refuses %j", (args) => {
    expect(() => parseArguments(args)).toThrow(CommanderError);
  });
});
