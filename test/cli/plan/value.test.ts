import { expect, test } from "vitest";
import { describeValue, differencesOf, isUnknown } from "../../../cli/plan/value.ts";

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "hush" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

test.each([
  ["a text", "a text"],
  ["two\n  lines", "two lines"],
  [2048, "2048"],
  ["", '""'],
  [undefined, "(none)"],
  [unknown, "(known later)"],
  [secret, "[secret]"],
  [{ a: [secret, unknown] }, '{"a":["[secret]","(known later)"]}'],
])("the value %j is described as %s", (value, text) => {
  expect(describeValue(value)).toBe(text);
});

test("a long value is shortened, and one of the limit is not", () => {
  expect(describeValue("x".repeat(161))).toBe(`${"x".repeat(160)}…`);
  expect(describeValue("x".repeat(160))).toBe("x".repeat(160));
});

test("only the mark of the engine is unknown", () => {
  expect([isUnknown(unknown), isUnknown("04da6b54"), isUnknown(1)]).toEqual([true, false, false]);
});

test("differences are the innermost values, and no secret is among them", () => {
  const before = { memory: 1, disks: [{ id: "a" }, { id: "b" }], key: secret, same: { x: 1 } };
  const after = {
    memory: 2,
    disks: [{ id: "a" }, { id: "c" }],
    key: { ...secret, ciphertext: "other" },
    same: { x: 1 },
  };
  expect(differencesOf(before, after)).toEqual([
    { path: "memory", before: 1, after: 2 },
    { path: "disks[1].id", before: "b", after: "c" },
  ]);
  expect(differencesOf(before, before)).toEqual([]);
});

test("a value that becomes a secret is a difference", () => {
  expect(differencesOf({ key: "a" }, { key: secret }).map(({ path }) => path)).toEqual(["key"]);
});
