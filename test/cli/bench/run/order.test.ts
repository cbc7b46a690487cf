import { describe, expect, it } from "vitest";
import { blockOrder } from "../../../../cli/bench/run/order.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);
const cycle = (count: number) => (count % 2 === 0 ? count : 2 * count);

/** Schedulers of each block, in their order. */
function rowsOf(turns: readonly { readonly block: number; readonly scheduler: string }[]): readonly string[][] {
  const rows: string[][] = [];
  for (const { block, scheduler } of turns) (rows[block] ??= []).push(scheduler);
  return rows;
}

describe("the interleaved order", () => {
  it.each([2, 3, 4, 5, 6, 7])("gives %i schedulers each position equally often in a cycle", (count) => {
    for (const seed of [1, 2, 3]) {
      const turns = blockOrder({ schedulers: names(count), blocks: 2 * cycle(count), seed, order: "interleaved" });
      const rows = rowsOf(turns);
      expect(rows).toHaveLength(2 * cycle(count));
      for (const row of rows) expect(row.toSorted()).toEqual(names(count));
      for (const part of [rows.slice(0, cycle(count)), rows.slice(cycle(count))])
        for (const scheduler of names(count))
          for (let position = 0; position < count; position += 1)
            expect(part.filter((row) => row[position] === scheduler)).toHaveLength(cycle(count) / count);
    }
  });

  it.each([2, 3, 4, 5, 6])("lets each of %i schedulers follow each other one equally often", (count) => {
    const rows = rowsOf(blockOrder({ schedulers: names(count), blocks: cycle(count), seed: 7, order: "interleaved" }));
    const follows = rows.flatMap((row) => row.slice(1).map((scheduler, index) => `${row[index]} ${scheduler}`));
    const counts = new Map<string, number>();
    for (const pair of follows) counts.set(pair, (counts.get(pair) ?? 0) + 1);
    expect(counts.size).toBe(count * (count - 1));
    expect(new Set(counts.values())).toEqual(new Set([cycle(count) / count]));
  });

  it("runs two schedulers as ABBA BAAB", () => {
    const turns = blockOrder({ schedulers: ["x", "y"], blocks: 4, seed: 1, order: "interleaved" });
    const first = turns[0]?.scheduler;
    expect(turns.map(({ scheduler }) => (scheduler === first ? "A" : "B")).join("")).toBe("ABBABAAB");
    expect(turns.map(({ block }) => block)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it("depends on the seed alone", () => {
    const of = (seed: number) => blockOrder({ schedulers: names(4), blocks: 8, seed, order: "interleaved" });
    expect(of(5)).toEqual(of(5));
    const firsts = new Set(Array.from({ length: 40 }, (_, seed) => of(seed)[0]?.scheduler));
    expect(firsts).toEqual(new Set(names(4)));
  });

  it("serves one scheduler, and a part of a cycle", () => {
    expect(blockOrder({ schedulers: ["x"], blocks: 3, seed: 1, order: "interleaved" })).toEqual([
      { block: 0, scheduler: "x" },
      { block: 1, scheduler: "x" },
      { block: 2, scheduler: "x" },
    ]);
    expect(blockOrder({ schedulers: names(3), blocks: 2, seed: 1, order: "interleaved" })).toHaveLength(6);
  });
});

describe("the sequential order", () => {
  it("runs all of A, then all of B, whatever the seed", () => {
    for (const seed of [1, 2])
      expect(blockOrder({ schedulers: ["b", "a"], blocks: 2, seed, order: "sequential" })).toEqual([
        { block: 0, scheduler: "b" },
        { block: 1, scheduler: "b" },
        { block: 0, scheduler: "a" },
        { block: 1, scheduler: "a" },
      ]);
  });
});

describe("wrong input", () => {
  it.each([
    [[], 1, "schedulers is empty"],
    [["a", "a"], 1, '"a" occurs twice'],
    [["a"], 0, "got 0"],
    [["a"], 1.5, "got 1.5"],
  ])("%j with %d blocks is refused", (schedulers, blocks, message) => {
    expect(() => blockOrder({ schedulers, blocks, seed: 1, order: "interleaved" })).toThrow(message);
  });
});
