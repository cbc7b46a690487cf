import { describe, expect, it } from "vitest";
import { TestStack } from "./stack.ts";

describe("an up that is killed", () => {
  it("leaves a lock that the next one names, and needs no more than `cancel` when nothing was under way", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("before", /create Domain master/, () => {
      stack.cli.kill();
      throw new Error("killed");
    });
    await stack.up();
    stack.world.calm();
    const locked = await stack.up();
    expect(locked.succeeded).toBe(false);
    expect(locked.text).toContain("pulumi cancel");
    expect(locked.calls.list).toEqual([]);

    await stack.cancel();
    const { succeeded, text } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(text).toContain("interrupted while creating");
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a destroy that is killed", () => {
  it("is completed by the next one", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    stack.world.on("after", /delete Domain worker-node-1/, () => stack.cli.kill());
    await stack.destroy();
    stack.world.calm();
    await stack.cancel();
    const { succeeded, text } = await stack.destroy();
    expect(succeeded, text).toBe(true);
    expect([...stack.world.things]).toEqual([]);
    expect((await stack.export()).deployment.resources ?? []).toEqual([]);
  });
});

describe("an up that is interrupted", () => {
  it("lets what is under way finish, and the next one goes on from there", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("before", /create Domain master/, () => stack.cli.interrupt());
    const { succeeded, calls } = await stack.up();
    stack.world.calm();
    expect(succeeded).toBe(false);
    expect(calls.list).toContain("create Domain master");
    expect(calls.list).not.toContain("create Command master-init");
    expect(await stack.drift()).toEqual([]);
    // No lock is left, and nothing is made twice.
    const next = await stack.up();
    expect(next.succeeded, next.text).toBe(true);
    expect(next.calls.list).not.toContain("create Domain master");
  });
});
