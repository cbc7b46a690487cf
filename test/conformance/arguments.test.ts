import { describe, expect, test, vi } from "vitest";
import { parseArguments } from "./arguments.ts";

describe("the arguments of test:conformance", () => {
  test("have defaults", () => {
    vi.stubEnv("PULUMI_STACK", "");
    expect(parseArguments([])).toEqual({ stack: { stack: "dev" }, all: false, dryRun: false, json: false });
    vi.unstubAllEnvs();
  });

  test("name a stack and its file, a pattern, and every other choice", () => {
    const given = [
      "--stack",
      "lab",
      "--config-file",
      "/lab.yaml",
      "--focus",
      "Secrets?",
      "--all",
      "--dry-run",
      "--json",
    ];
    expect(parseArguments(given)).toEqual({
      stack: { stack: "lab", configFile: "/lab.yaml" },
      focus: /Secrets?/,
      all: true,
      dryRun: true,
      json: true,
    });
  });

  test("name no stack for a cluster without machines", () => {
    expect(parseArguments(["--bare"]).stack).toBeUndefined();
  });

  test.each([
    ["an unknown option", ["--skip"], /unknown option '--skip'/],
    ["a word", ["Secrets"], /too many arguments/],
    ["a pattern that is none", ["--focus", "("], /Expected a regular expression/],
    ["an empty stack", ["--stack", ""], /Expected the name of a stack/],
    [
      "a file of a stack that is not tested",
      ["--bare", "--config-file", "a"],
      /cannot be used with option '--config-file/,
    ],
  ])("refuse %s", (_, given, message) => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(() => parseArguments(given)).toThrow(message);
  });
});
