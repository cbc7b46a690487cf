import { describe, expect, test } from "vitest";
import { workersOf } from "../../../cli/stack/workers.ts";

describe("the workers of a stack", () => {
  const get = (key: string) => ({ workers: "3", workerMemoryMiB: "2048" })[key] ?? "";

  test("come from the plain keys", () => {
    expect(workersOf({ get, objects: () => [] })).toEqual({ count: 3, memoryMiB: 6144 });
  });

  test("come from all pools, and the plain key gives the memory that a pool leaves out", () => {
    const pools = [{ count: 2, memoryMiB: 4096 }, { count: 1 }];
    expect(workersOf({ get, objects: () => pools })).toEqual({ count: 3, memoryMiB: 10240 });
  });
});
