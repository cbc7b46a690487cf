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
const standing = (replaced: Names, away: Names = []) => ({
  isReplaced: ({ name }: { name: string }) => replaced.includes(name),
  isAway: ({ name }: { name: string }) => away.includes(name),
});
const orderOf = (replaced: Names, maxUnavailable: number, away: Names = []) =>
  Object.fromEntries(rolloutOrder(workers, standing(replaced, away), maxUnavailable));

describe("the order of a rollout", () => {
  it("is one after the other, through all pools", () => {
    expect(orderOf([a1, a2, a3, b1, b2], 1)).toEqual({
      [a1!]: [],
      [a2!]: [a1],
      [a3!]: [a2],
      [b1!]: [a3],
      [b2!]: [b1],
    });
  });

  it("is batches, each waiting for all of the one before", () => {
    expect(orderOf([a1, a2, a3, b1, b2], 2)).toEqual({
      [a1!]: [],
      [a2!]: [],
      [a3!]: [a1, a2],
      [b1!]: [a1, a2],
      [b2!]: [a3, b1],
    });
    expect(orderOf([a1, a2, a3, b1, b2], 9)).toEqual({ [a1!]: [], [a2!]: [], [a3!]: [], [b1!]: [], [b2!]: [] });
  });

  it("has no place for a worker that is not replaced, and nobody waits for it", () => {
    expect(orderOf([a2, b2], 1)).toEqual({ [a2!]: [], [b2!]: [a2] });
    expect(orderOf([], 1)).toEqual({});
  });

  it("goes on behind a worker that an earlier run left away, which itself waits for nobody", () => {
    expect(orderOf([a3, b1], 1, [a2])).toEqual({ [a3!]: [a2], [b1!]: [a2, a3] });
    expect(orderOf([a2, a3], 1, [a2])).toEqual({ [a2!]: [], [a3!]: [a2] });
    expect(orderOf([a1, a3, b1, b2], 1, [a2])).toEqual({
      [a1!]: [],
      [a3!]: [a1, a2],
      [b1!]: [a1, a2, a3],
      [b2!]: [a1, a2, a3, b1],
    });
  });

  it("counts a worker that is away among the batch", () => {
    expect(orderOf([a3, b1, b2], 2, [a2])).toEqual({ [a3!]: [], [b1!]: [a2, a3], [b2!]: [a2, a3] });
  });

  it("is nobody's when nobody is replaced, whoever is away", () => {
    expect(orderOf([], 1, [a1, a2])).toEqual({});
  });
});

describe("a rollout", () => {
  const step = (name: string) => ({ name }) as unknown as pulumi.Resource;

  it("lets each replaced worker wait for the control plane and for those before it to be back", () => {
    const [controlPlane, first, second] = [step("master"), step("first"), step("second")];
    const rollout = new Rollout(rolloutOrder(workers, standing([a1, a3, b1, b2]), 2), controlPlane);
    expect(rollout.turnOf(a1!)).toEqual([controlPlane]);
    rollout.add(a1!, first);
    expect(rollout.turnOf(a2!)).toEqual([]);
    expect(rollout.turnOf(a3!)).toEqual([controlPlane]);
    rollout.add(a3!, second);
    expect(rollout.turnOf(b1!)).toEqual([controlPlane, first, second]);
  });

  it("lets nobody wait who is not in it", () => {
    expect(new Rollout(new Map(), step("master")).turnOf(a1!)).toEqual([]);
  });
});
