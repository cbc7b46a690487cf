import { describe, expect, test } from "vitest";
import { garbageCollection } from "../../../cli/stack/garbage-collection.ts";

const settings = (workers: string) => ({ get: (key: string) => (key === "workers" ? workers : ""), objects: () => [] });

describe("the garbage collection of Pulumi", () => {
  test("is more frequent from 500 workers on", () => {
    expect(["500", "4000"].map((workers) => garbageCollection(settings(workers), {}))).toEqual([
      { GOGC: "50" },
      { GOGC: "50" },
    ]);
  });

  test("is Go's own for fewer workers, and for a wrong number", () => {
    expect(["0", "499", "many"].map((workers) => garbageCollection(settings(workers), {}))).toEqual([{}, {}, {}]);
  });

  test("is the user's own where the environment has it", () => {
    expect(garbageCollection(settings("4000"), { GOGC: "200" })).toEqual({});
  });
});
