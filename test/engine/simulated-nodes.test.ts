import { describe, expect, it } from "vitest";
import { cluster } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import type { TestStack } from "./stack.ts";

describe("simulated nodes", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    const up = await stack.up({ workers: 1 });
    expect(up.succeeded, up.text).toBe(true);
    expect(up.calls.of("create")).toEqual(cluster(1));
    expect(stack.guests.simulated).toBeUndefined();
  });

  const big = { name: "big", count: 5000 };

  /** Changes the pools. Expects success, and that the state matches the world. */
  async function change(...simulatedNodes: object[]) {
    const up = await stack.up({ workers: 1, simulatedNodes });
    expect(up.succeeded, up.text).toBe(true);
    expect(await stack.drift()).toEqual([]);
    return up;
  }

  it("add one step to a cluster, and preview counts them", async () => {
    const { calls, text } = await change(big);
    expect(calls.list).toEqual(["create Command simulated"]);
    expect(stack.guests.simulated).toEqual({ big: 5000 });
    expect(text).toMatch(/simulatedNodes.*\n?.*big *: 5000/);
    const again = await stack.preview();
    expect([again.steps, again.calls.list]).toEqual([[], []]);
  });

  it("change by their step alone", async () => {
    await change(big);
    const { calls } = await change({ ...big, count: 10 }, { name: "small", count: 2, zones: ["a", "b"] });
    expect(calls.list).toEqual(["update Command simulated"]);
    expect(stack.guests.simulated).toEqual({ big: 10, small: 2 });
  });

  it("are removed with the key, and nothing is left to change", async () => {
    await change(big);
    const { calls } = await change();
    expect(calls.list).toEqual(["delete Command simulated"]);
    expect(calls.matching(/delete Command simulated/).map(({ script }) => script)).toEqual(["remove-simulated-nodes"]);
    expect(stack.guests.simulated).toBeUndefined();
    const again = await stack.preview();
    expect([again.steps, again.calls.list]).toEqual([[], []]);
  });

  it("are not deleted one by one when the cluster is destroyed", async () => {
    await change(big);
    const { succeeded, text, calls } = await stack.destroy();
    expect(succeeded, text).toBe(true);
    expect(calls.list).not.toContain("delete Command simulated");
  });
});
