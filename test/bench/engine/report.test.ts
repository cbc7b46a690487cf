import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import schema from "../../../bench/engine/report.schema.json" with { type: "json" };
import { print, reportOf } from "../../../bench/engine/report.ts";
import { operations } from "../../../bench/engine/operations.ts";
import { result } from "./results.ts";

const surroundings = {
  date: "2026-01-02T03:04:05.678Z",
  commit: "0123456789ab",
  machine: { processor: "A processor", processors: 2, memoryMiB: 8192, architecture: "x64", kernel: "6.1" },
  journal: "auto" as const,
  versions: { node: "24.0.0", pulumi: "3.0.0", opentofu: "1.0.0" },
};
const results = [
  result(10, "up", 5, { calls: { create: 90, update: 0, delete: 0 } }),
  result(10, "grow", 2, { calls: { create: 7, update: 2, delete: 0 }, foreign: [] }),
  result(100, "up", 50),
  result(10, "up", 1, { tool: "opentofu" }),
  { ...result(1000, "up", 9, { outcome: "stopped", wall: 60 }), state: undefined },
];
const report = reportOf(surroundings, results);

describe("the report", () => {
  test("has the growth of each tool and operation that ended at two sizes", () => {
    expect(report.growth).toEqual([{ tool: "nodeforge", operation: "up", from: 10, to: 100, exponent: 1 }]);
  });

  test("matches its schema as JSON", () => {
    const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);
    const asJson = JSON.parse(JSON.stringify(report)) as object;
    expect(validate(asJson), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...asJson, commit: "main" })).toBe(false);
    expect(validate({ ...asJson, results: [{ ...results[0], operation: "down" }] })).toBe(false);
    expect(schema.$defs.operation.enum).toEqual(Object.keys(operations));
  });

  test("is printed with the commit, the machine, a row for each operation, the growth and the goals", () => {
    const lines = print(report).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "2026-01-02T03:04:05.678Z, commit 0123456789ab, journal auto",
      "A processor, 2 processors, 8 GiB, Linux 6.1",
      "node 24.0.0, pulumi 3.0.0, opentofu 1.0.0",
    ]);
    const rows = lines.map((line) => line.split(/ {3,}/));
    expect(rows).toContainEqual(
      "nodeforge|10|first up|5.0|3.8|1.3|1000.0|10.0|2048|1024|1024|100.0|10.0|12|3.4".split("|"),
    );
    expect(rows).toContainEqual(["nodeforge", "1000", "first up", "stopped after 60 s"]);
    expect(rows).toContainEqual(["nodeforge", "first up", "10 to 100", "1.00"]);
    expect(rows.filter(([verdict]) => verdict === "not measured")).toHaveLength(8);
    expect(rows.filter(([verdict]) => verdict === "missed")).toHaveLength(1);
  });
});
