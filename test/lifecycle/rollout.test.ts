import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Rollout, rolloutOrder } from "../../lifecycle/rollout.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "../support/settings.ts";

const pools = JSON.stringify([
  { name: "a", count: 3 },
  { name: "b", count: 2 },
]);
const { workers } = deriveTopology(configWith({ workerPools: pools }));
const [a1, a2, a3, b1, b2] = workers.map(({ name }) => name);
type Names = readonly (string | undefined)[];
const status = (outdated: Names, unavailable: Names = []) => ({
  needsRollout: ({ name }: { name: string }) => outdated.includes(name),
  isUnavailable: ({ name }: { name: string }) => unavailable.includes(name),
});
const orderOf = (outdated: Names, maxUnavailable: number, unavailable: Names = []) =>
  Object.fromEntries(rolloutOrder(workers, status(outdated, unavailable), maxUnavailable).before);

describe("the order of a rollout", () => {
  it("replaces one worker after the other, through all pools", () => {
    expect(orderOf([a1, a2, a3, b1, b2], 1)).toEqual({
      [a1!]: [],
      [a2!]: [a1],
      [a3!]: [a2],
      [b1!]: [a3],
      [b2!]: [b1],
    });
  });

  it("lets each batch wait for the whole batch before it", () => {
    expect(orderOf([a1, a2, a3, b1, b2], 2)).toEqual({
      [a1!]: [],
      [a2!]: [],
      [a3!]: [a1, a2],
      [b1!]: [a1, a2],
      [b2!]: [a3, b1],
    });
    expect(orderOf([a1, a2, a3, b1, b2], 9)).toEqual({ [a1!]: [], [a2!]: [], [a3!]: [], [b1!]: [], [b2!]: [] });
  });

  it("leaves out a worker that stays, so no other one waits for it", () => {
    expect(orderOf([a2, b2], 1)).toEqual({ [a2!]: [], [b2!]: [a2] });
    expect(orderOf([], 1)).toEqual({});
  });

  it("begins with unavailable workers, which wait for no other", () => {
    expect(orderOf([a3, b1], 1, [a2])).toEqual({ [a3!]: [a2], [b1!]: [a2, a3] });
    expect(orderOf([a2, a3], 1, [a2])).toEqual({ [a2!]: [], [a3!]: [a2] });
    expect(orderOf([a1, a3], 1, [a2])).toEqual({ [a1!]: [a2], [a3!]: [a2, a1] });
    expect(orderOf([a1, a2], 1, [b1, b2])).toEqual({ [a1!]: [b1, b2], [a2!]: [b1, b2, a1] });
  });

  it("counts unavailable workers as members of a batch", () => {
    expect(orderOf([a3, b1, b2], 2, [a2])).toEqual({ [a3!]: [], [b1!]: [a2, a3], [b2!]: [a2, a3] });
    expect(orderOf([b1, b2], 2, [a1, a2, a3])).toEqual({ [b1!]: [a1, a2], [b2!]: [a1, a2, a3, b1] });
  });

  it("is empty when no worker needs a rollout, even if some are unavailable", () => {
    const { before, first } = rolloutOrder(workers, status([], [a1, a2]), 1);
    expect([before.size, first.size]).toEqual([0, 0]);
  });

  it("asks about each of 5,000 workers at most twice, and lets each wait for one batch", () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ ...workers[0]!, name: `worker-${index}` }));
    let asked = 0;
    const counted = (answer: boolean) => () => {
      asked++;
      return answer;
    };
    const { before } = rolloutOrder(many, { needsRollout: counted(true), isUnavailable: counted(false) }, 10);
    expect(asked).toBeLessThanOrEqual(4 * many.length);
    const sizes = [...before.values()].map(({ length }) => length);
    expect(sizes).toEqual([...Array<number>(10).fill(0), ...Array<number>(4990).fill(10)]);
  });

  it("puts only unavailable workers first", () => {
    expect([...rolloutOrder(workers, status([a1, a2], [a2, b1]), 1).first]).toEqual([a2, b1]);
    expect([...rolloutOrder(workers, status([a1, a2]), 1).first]).toEqual([]);
  });
});

describe("a rollout", () => {
  const step = (name: string) => ({ name }) as unknown as pulumi.Resource;
  const awaited = (rollout: Rollout, name: string) => Promise.all(rollout.waitsFor(name) ?? []);

  it("lets each replaced worker wait for the workers before it", async () => {
    const [first, second] = [step("first"), step("second")];
    const rollout = new Rollout(rolloutOrder(workers, status([a1, a3, b1, b2]), 2));
    expect(rollout.waitsFor(a1!)).toEqual([]);
    rollout.add(a1!, first);
    expect(rollout.waitsFor(a2!)).toBeUndefined();
    expect(rollout.waitsFor(a3!)).toEqual([]);
    rollout.add(a3!, second);
    expect(await awaited(rollout, b1!)).toEqual([first, second]);
  });

  it("lets a worker wait for one that is created later, but never two for each other", async () => {
    const ready = step("ready");
    const rollout = new Rollout(rolloutOrder(workers, status([a1, a2], [a2]), 1));
    const awaitedByFirst = awaited(rollout, a1!);
    expect(rollout.waitsFor(a2!)).toEqual([]);
    expect([rollout.isFirst(a1!), rollout.isFirst(a2!)]).toEqual([false, true]);
    rollout.add(a2!, ready);
    expect(await awaitedByFirst).toEqual([ready]);
  });

  it("lets a worker outside of the order wait for nothing", () => {
    const rollout = new Rollout(rolloutOrder(workers, status([]), 1));
    expect(rollout.waitsFor(a1!)).toBeUndefined();
  });
});
