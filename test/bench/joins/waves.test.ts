import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { inWaves } from "../../../bench/joins/waves.ts";

/** Joins whose ends the test decides. */
function held() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const join = (worker: number) =>
    new Promise<void>((resolve, reject) => {
      begun.push(worker);
      ends.set(worker, { resolve, reject });
    });
  return { begun, join, end: (worker: number) => ends.get(worker)!, settle: async () => turn() };
}

test("a wave begins as many joins as its size, and each end begins the join one wave later", async () => {
  const { begun, join, end, settle } = held();
  const result = inWaves([0, 1, 2, 3, 4], 2, join);
  await settle();
  expect(begun).toEqual([0, 1]);
  end(1).resolve();
  await settle();
  expect(begun).toEqual([0, 1, 3]);
  end(0).resolve();
  end(3).resolve();
  await settle();
  expect(begun).toEqual([0, 1, 3, 2]);
  end(2).resolve();
  await settle();
  end(4).resolve();
  const { joins, errors } = await result;
  expect(joins).toHaveLength(5);
  expect(errors).toEqual([]);
  for (const { began, ended } of joins) expect(ended).toBeGreaterThanOrEqual(began);
});

test("a failed join is reported, and the joins after it begin", async () => {
  const { joins, errors } = await inWaves([0, 1, 2], 1, (worker) =>
    worker === 1 ? Promise.reject(new Error("refused")) : Promise.resolve(),
  );
  expect(joins).toHaveLength(2);
  expect(errors).toEqual(["refused"]);
});

test("a wave that is larger than the cluster begins every join", async () => {
  const { begun, join, end, settle } = held();
  const result = inWaves([0, 1], 9, join);
  await settle();
  expect(begun).toEqual([0, 1]);
  end(0).resolve();
  end(1).resolve();
  expect((await result).joins).toHaveLength(2);
});
