import { describe, expect, it } from "vitest";
import { repeatUp } from "./crash-matrix-commands.ts";
import { shareStack } from "./shared-stack.ts";
import type { TestStack } from "./stack.ts";

describe("a removal of a worker that was killed", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    await stack.up({ workers: 2 });
  });
  const reserved = () => [...stack.world.reservations.values()].sort();

  it.each([
    ["the shutdown of its machine was recorded", "after", /delete Command worker-node-2-host-key/],
    ["its machine was deleted", "before", /delete Domain worker-node-2/],
  ] as const)("before %s, and that is undone, leaves the worker its reservation", async (_, moment, pattern) => {
    stack.world.on(moment, pattern, () => {
      stack.cli.kill();
      if (moment === "before") throw new Error("killed");
    });
    expect((await stack.up({ workers: 1 })).succeeded).toBe(false);
    stack.world.calm();
    expect(reserved()).toEqual(["master", "worker-node-1"]);
    stack.settings = { ...stack.settings, workers: 2 };
    const { succeeded, text } = await repeatUp(stack);
    expect(succeeded, text).toBe(true);
    expect(reserved()).toEqual(["master", "worker-node-1", "worker-node-2"]);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });
});

describe("a creation of a worker that was killed", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    await stack.up({ workers: 1 });
  });
  const reserved = () => [...stack.world.reservations.values()].sort();

  it.each([
    ["libvirt had its machine", /create Domain worker-node-2/],
    ["its identity was read", /create Command worker-node-2-host-key/],
  ])("after %s, and that is undone, leaves no reservation", async (_, pattern) => {
    stack.world.on("after", pattern, () => stack.cli.kill());
    expect((await stack.up({ workers: 2 })).succeeded).toBe(false);
    stack.world.calm();
    expect(reserved()).toEqual(["master", "worker-node-1", "worker-node-2"]);
    stack.settings = { ...stack.settings, workers: 1 };
    const { succeeded, text } = await repeatUp(stack);
    expect(succeeded, text).toBe(true);
    expect(reserved()).toEqual(["master", "worker-node-1"]);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });

  it("after libvirt had its machine, and that is repeated, leaves the worker its reservation", async () => {
    stack.world.on("after", /create Domain worker-node-2/, () => stack.cli.kill());
    expect((await stack.up({ workers: 2 })).succeeded).toBe(false);
    stack.world.calm();
    const { succeeded, text } = await repeatUp(stack);
    expect(succeeded, text).toBe(true);
    expect(reserved()).toEqual(["master", "worker-node-1", "worker-node-2"]);
    expect(await stack.drift()).toEqual([]);
  });
});
