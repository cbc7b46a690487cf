import { expect, test } from "vitest";
import { columns } from "../../lib/table.ts";

test("columns are as wide as their widest cell, and lines end without spaces", () => {
  expect(
    columns([
      ["NODE", "ROLE"],
      ["worker-node-1", "worker"],
      ["m", ""],
    ]),
  ).toBe("NODE            ROLE\nworker-node-1   worker\nm");
});

test("columns are separated by the given gap", () => {
  expect(
    columns(
      [
        ["ok  ", "node", "24.21.0"],
        ["", "", "-> nothing to do"],
      ],
      "  ",
    ),
  ).toBe("ok    node  24.21.0\n            -> nothing to do");
});

test("rows may have fewer cells than the first row", () => {
  expect(columns([["one", "two"], ["only one"]])).toBe("one        two\nonly one");
});

test("no rows are an empty text", () => {
  expect(columns([])).toBe("");
});
