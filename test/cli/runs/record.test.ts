import { describe, expect, test } from "vitest";
import { exampleRecord } from "./example-record.ts";
import { validate } from "./recording.ts";

describe("the schema of the record", () => {
  test("accepts a record", () => {
    expect(validate(exampleRecord())).toBe(true);
  });

  test.each([
    ["another format", { formatVersion: 2 }],
    ["an unknown field", { unknown: 1 }],
    ["a local time", { start: "2026-11-21 10:00:00" }],
    ["an unknown outcome", { outcome: "done" }],
    ["a timing that is text", { timings: { master: { boot: "60 s" } } }],
    ["a node without an address", { nodes: [{ name: "master", role: "control-plane", image: "ab".repeat(32) }] }],
    ["a node without an image", { nodes: [{ name: "master", role: "control-plane", address: "192.168.222.10" }] }],
    ["a node with an unknown field", { nodes: [{ ...exampleRecord().nodes[0], uuid: "" }] }],
  ])("refuses %s", (_, changed) => {
    expect(validate({ ...exampleRecord(), ...changed })).toBe(false);
  });

  test.each(Object.keys(exampleRecord()))("refuses a record without %s", (field) => {
    const incomplete = Object.fromEntries(Object.entries(exampleRecord()).filter(([key]) => key !== field));
    expect(validate(incomplete)).toBe(false);
  });
});
