import { expect, it } from "vitest";
import { stepResult } from "../../components/step-result.ts";
import { object, text } from "../../lib/outside.ts";

const shape = object({ token: text });

it("returns the result of a step", () => {
  expect(stepResult<{ readonly token: string }>("join", '{"token":"a"}', shape).token).toBe("a");
});

it("refuses a result of another shape without its text, which may be secret", () => {
  for (const [result, reason] of [
    ["null", "the whole must be object"],
    ['{"other":"secret"}', "the whole must have required property 'token'"],
    ["secret", "expected JSON, got a text of 6 characters that is none"],
  ] as const) {
    expect(() => stepResult("join", result, shape)).toThrow(`the result of join: ${reason}. Fix: npm run diagnose`);
  }
});
