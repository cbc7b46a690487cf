import { Resource } from "@pulumi/pulumi";
import { afterEach, expect, it } from "vitest";
import { limitStackTraces } from "../../lib/stack-traces.ts";

/** Method of the SDK, which its declarations call private. */
const method = "stackTrace";

const { stackTraceLimit } = Error;
const prepareStackTrace: unknown = Reflect.get(Error, "prepareStackTrace");
const trace: unknown = Reflect.get(Resource, method);
afterEach(() => {
  Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  Reflect.set(Resource, method, trace);
});

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

it("a stack trace names the line of the source without the map of the SDK's run command", () => {
  Error.prepareStackTrace = () => "mapped";
  expect(new Error("here").stack).toBe("mapped");
  limitStackTraces({});
  expect(new Error("here").stack).toMatch(/^Error: here\n +at .*stack-traces\.test\.ts:\d+/);
});

it("the SDK takes no stack trace of a resource, and with NODEFORGE_DEBUG=1 it does", () => {
  expect(trace).toBeTypeOf("function");
  limitStackTraces({ NODEFORGE_DEBUG: "1" });
  expect(Reflect.get(Resource, method)).toBe(trace);
  limitStackTraces({});
  expect((Reflect.get(Resource, method) as (skip: number) => unknown)(0)).toEqual([]);
});
