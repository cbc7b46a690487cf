import { describe, expect, it } from "vitest";
import { cluster } from "./names.ts";
import { TestStack } from "./stack.ts";
import type { Call, Moment } from "./world.ts";

describe("an up that is killed", () => {
  it("is completed by the next one, after a kill at every single create", { timeout: 420_000 }, async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const killedAt: string[] = [];
    for (;;) {
      const before = killedAt.length;
      // Every other time nothing has happened yet, else it has and nobody wrote it down. Things that exist outside of
      // the state are always made: that is the harder case.
      const kill = (moment: Moment) => (call: Call) => {
        const happens = /^(Pool|Network|Volume|Domain) /.test(call.resource) || before % 2 === 0;
        if (killedAt.length > before || killedAt.includes(call.resource) || happens !== (moment === "after")) return;
        killedAt.push(call.resource);
        stack.cli.kill();
        if (!happens) throw new Error("killed");
      };
      stack.world.on("before", /^create/, kill("before"));
      stack.world.on("after", /^create/, kill("after"));
      const { succeeded, text } = await stack.up();
      stack.world.calm();
      if (killedAt.length === before) {
        expect(succeeded, text).toBe(true);
        break;
      }
      expect([killedAt.at(-1), succeeded]).toEqual([killedAt.at(-1), false]);
      await stack.recover();
    }
    expect(killedAt.sort()).toEqual(cluster(1));
    expect(await stack.drift()).toEqual([]);
    const names = stack.world.ofKind("Domain").map(({ taken }) => taken);
    expect(names.sort()).toEqual(["lab-master", "lab-worker-node-1"]);

    // Pending operations are remembered, and shown as a warning, until somebody says that they are dealt with.
    expect((await stack.export()).deployment.pending_operations).toBeDefined();
    expect((await stack.refresh("--clear-pending-creates")).succeeded).toBe(true);
    expect((await stack.export()).deployment.pending_operations).toBeUndefined();
    expect((await stack.preview()).steps).toEqual([]);
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });

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

  it("is undone by destroy as well as it would have been completed by up", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    stack.world.on("after", /create Domain worker-node-1/, () => stack.cli.kill());
    await stack.up();
    stack.world.calm();
    await stack.recover();
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
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
