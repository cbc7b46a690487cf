import { describe, expect, it } from "vitest";
import { asksForPulumi, explanationIn, hidesPlan, skipsPreview } from "../../../cli/progress/pulumi-output.ts";

describe("arguments of pulumi up", () => {
  it.each([
    "--json",
    "-j",
    "--diff",
    "--debug",
    "-d",
    "--event-log=x",
    "--show-secrets",
    "--urns",
    "--suppress-outputs",
  ])("ask for Pulumi's display with %s", (option) => expect(asksForPulumi(["--yes", option])).toBe(true));

  it.each(["--yes", "-y", "--target", "--parallel", "--refresh", "-f", "--skip-preview", "-m"])(
    "do not ask for it with %s",
    (option) => expect(asksForPulumi([option])).toBe(false),
  );

  it.each([
    ["--skip-preview", true],
    ["--skip-preview=true", true],
    ["-f", true],
    ["-yf", true],
    ["--skip-preview=false", false],
    ["--yes", false],
    ["--config-file", false],
  ])("with %s begin with the update: %s", (option, begins) => expect(skipsPreview(["up", option])).toBe(begins));

  it.each(["--skip-preview", "-yf", "--event-log=x", "--event-log"])("hide the plan with %s", (option) =>
    expect(hidesPlan(["up", option])).toBe(true),
  );

  it.each(["--yes", "--diff", "--event-logs", "--skip-preview=false"])("do not hide the plan with %s", (option) =>
    expect(hidesPlan(["up", option])).toBe(false),
  );
});

describe("the explanation of a failure", () => {
  it("is the last part for errors", () => {
    expect(explanationIn("Updating\nDiagnostics:\n  old\n\nDiagnostics:\n  error: x\n\nDuration: 1s\n")).toBe(
      "Diagnostics:\n  error: x\n\nDuration: 1s",
    );
  });

  it("is the end of an output without such a part", () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    expect(explanationIn(`${lines.join("\n")}\n`)).toBe(lines.slice(10).join("\n"));
  });
});
