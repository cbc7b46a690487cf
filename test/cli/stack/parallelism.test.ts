import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { parallelism } from "../../../cli/stack/parallelism.ts";

const settings = (workers: string) => ({ get: (key: string) => (key === "workers" ? workers : ""), objects: () => [] });
const chosen = (workers: string, environment = {}) => parallelism(settings(workers), environment).PULUMI_PARALLEL;

describe("the operations at a time", () => {
  test("let every machine boot, beside 64 other operations", () => {
    expect(chosen("40")).toBe("105");
    expect(chosen("0")).toBe(String(Math.max(65, 4 * availableParallelism())));
  });

  test("are at most 256, or four for each processor", () => {
    const most = String(Math.max(256, 4 * availableParallelism()));
    expect([chosen("191"), chosen("192"), chosen("4000")]).toEqual([most, most, most]);
  });

  test("are Pulumi's own number for a wrong number of workers", () => {
    expect([chosen("many"), chosen("1e99")]).toEqual(Array(2).fill(String(4 * availableParallelism())));
  });

  test("are the user's own where the environment has them", () => {
    expect(parallelism(settings("40"), { PULUMI_PARALLEL: "3" })).toEqual({});
  });
});
