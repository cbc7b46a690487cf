import { expect, test } from "vitest";
import { secondsOfGoDuration } from "../../lib/go-duration.ts";

test.each([
  ["0", 0],
  ["40s", 40],
  ["1m30s", 90],
  ["1.5h", 5400],
  ["250ms", 0.25],
])("%s of Go has %s seconds", (text, seconds) => {
  expect(secondsOfGoDuration(text)).toBeCloseTo(seconds, 9);
});

test.each(["", "40", "-1s", "1 s", "1d", "s", "1m30"])("%j is no duration of Go", (text) => {
  expect(secondsOfGoDuration(text)).toBeUndefined();
});
