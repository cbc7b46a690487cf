import { describe, expect, it } from "vitest";
import type { CaseResult } from "./junit.ts";
import { countReasons, exitCodeOf, reportJson, reportText, summary, type Report } from "./report.ts";

const passed: CaseResult = { name: "a", outcome: "passed", seconds: 12.34 };
const failed: CaseResult = { name: "b", outcome: "failed", seconds: 300, reason: "expected 2 pods" };
const skipped: CaseResult = { name: "c", outcome: "skipped", seconds: 0, reason: "needs IPv6" };
const leftOut = [{ name: "d", reason: "needs images: agnhost" }];
const report = (results: readonly CaseResult[], more: Partial<Report> = {}): Report => ({
  kubernetes: "1.36.3",
  isInterrupted: false,
  seconds: 723,
  results,
  leftOut: [],
  ...more,
});

describe("the exit code", () => {
  it.each([
    [0, "every case passes", report([passed])],
    [0, "a case skips itself, and another one passes", report([passed, skipped])],
    [1, "a case fails", report([passed, failed])],
    [1, "a case does not run", report([passed, { name: "e", outcome: "not run", seconds: 0 }])],
    [1, "no case passes", report([skipped])],
    [130, "the run is interrupted", report([passed], { isInterrupted: true })],
  ])("is %d where %s", (exitCode, _, given) => {
    expect(exitCodeOf(given)).toBe(exitCode);
  });
});

describe("the summary", () => {
  it("counts the outcomes", () => {
    expect(summary(report([passed, failed, skipped], { leftOut }))).toBe(
      "1 passed, 1 failed, 1 skipped, 1 left out (12m03s)",
    );
  });

  it("counts what an interrupted run did not finish", () => {
    const unfinished: readonly CaseResult[] = [
      { name: "e", outcome: "interrupted", seconds: 1 },
      { name: "f", outcome: "not run", seconds: 0 },
    ];
    expect(summary(report([passed, ...unfinished], { isInterrupted: true }))).toBe(
      "1 passed, 0 failed, 0 skipped, 2 unfinished (12m03s)",
    );
  });
});

describe("the text", () => {
  it("has a row for each case, the reasons, and the summary", () => {
    expect(reportText(report([passed, failed, skipped], { leftOut }))).toBe(
      [
        "RESULT     SECONDS   CASE",
        "passed     12.3      a",
        "failed     300.0     b",
        "skipped    0.0       c",
        "left out             d (needs images: agnhost)",
        "",
        "FAILED b: expected 2 pods",
        "SKIPPED c: needs IPv6",
        "1 passed, 1 failed, 1 skipped, 1 left out (12m03s)",
        "Where the nodes reach registry.k8s.io, --all runs the cases left out, too.",
      ].join("\n"),
    );
  });

  it("has no word about --all where every case ran", () => {
    expect(reportText(report([passed]))).not.toContain("--all");
  });
});

it("the JSON has every case with its outcome, and the numbers", () => {
  expect(JSON.parse(reportJson(report([passed, failed], { leftOut })))).toEqual({
    formatVersion: 1,
    kubernetes: "1.36.3",
    isInterrupted: false,
    seconds: 723,
    counts: { passed: 1, failed: 1, skipped: 0, interrupted: 0, "not run": 0 },
    leftOut: { "needs images: agnhost": 1 },
    cases: [passed, failed, { ...leftOut[0], outcome: "left out", seconds: 0 }],
  });
});

it("the cases that are left out are counted by reason, the largest number first", () => {
  const cases = ["b", "c", "c", "a"].map((image, number) => ({ name: `${number}`, reason: `needs images: ${image}` }));
  expect(Object.entries(countReasons(cases))).toEqual([
    ["needs images: c", 2],
    ["needs images: a", 1],
    ["needs images: b", 1],
  ]);
  expect(countReasons([])).toEqual({});
});
