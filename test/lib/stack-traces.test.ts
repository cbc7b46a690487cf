import { afterEach, expect, it } from "vitest";
import { limitStackTraces } from "../../lib/stack-traces.ts";

const { stackTraceLimit } = Error;
afterEach(() => void (Error.stackTraceLimit = stackTraceLimit));

/** Number of frames of an error that is thrown several calls deep. */
function frames(depth = 5): number {
  return depth > 0
    ? frames(depth - 1)
    : new Error("deep").stack!.split("\n").filter((line) => /^ +at /.test(line)).length;
}

it("a stack trace has the origin of the error only", () => {
  limitStackTraces({});
  expect(frames()).toBe(1);
  expect(new Error("here").stack).toMatch(/stack-traces\.test\.ts:\d+/);
});

it("with NODEFORGE_DEBUG=1, stack traces are whole", () => {
  limitStackTraces({ NODEFORGE_DEBUG: "1" });
  expect(frames()).toBeGreaterThan(5);
});
