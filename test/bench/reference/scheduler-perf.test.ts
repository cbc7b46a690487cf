import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../../../lib/checkout.ts";

/** Lines of a file, without the name of a Go module. */
function linesOf(...path: readonly string[]): readonly string[] {
  const text = readFileSync(inCheckout(...path), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("module "));
}

describe("the Go module of scheduler_perf", () => {
  const own = (file: string) => linesOf("bench", "reference", "scheduler-perf", file);
  const toolchain = (file: string) => linesOf("tools", "go", "kubernetes", file);

  it("has the versions of the cluster's programs", () => {
    expect(own("go.mod")).toEqual(toolchain("go.mod"));
  });

  it("has their checksums, and those of its tests", () => {
    const sums = own("go.sum");
    expect(toolchain("go.sum").filter((line) => !sums.includes(line))).toEqual([]);
    expect(sums.some((line) => line.startsWith("github.com/onsi/gomega "))).toBe(true);
  });
});
