import { describe, expect, it } from "vitest";
import { rejoined } from "./names.ts";
import { recoveryOf } from "./recovering.ts";
import { shareStack } from "./shared-stack.ts";
import { TestStack } from "./stack.ts";

describe("an up that was killed", () => {
  it("leaves a lock that blocks the next up, and `pulumi cancel` is enough when libvirt had created nothing", async () => {
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

describe("an up that was killed between the join of a new worker and its readiness", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    await stack.up({ workers: 2 });
    stack.world.on("before", /create Command worker-node-3-ready/, () => {
      stack.cli.kill();
      throw new Error("killed");
    });
    const { succeeded, calls } = await stack.up({ workers: 3 });
    expect(succeeded).toBe(false);
    expect(calls.of("create")).toContain("Command worker-node-3-join");
    stack.world.calm();
    await recoveryOf(stack);
  });

  it("is completed by the next one, which lets no worker join again", async () => {
    const { calls } = await stack.change({});
    expect(calls.list).toEqual([
      "create Command worker-node-3-ready",
      "update Command ready",
      "update ConfigMap addons-smoke",
    ]);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });

  it("is completed by the next one also when the Node was deleted since: only this worker joins again, once", async () => {
    stack.guests.deleteNode("worker-node-3");
    const { calls } = await stack.change({});
    const again = rejoined(3).filter((resource) => /token|join/.test(resource));
    expect(calls.list).toEqual(
      [
        ...again.flatMap((resource) => [`create ${resource}`, `delete ${resource}`]),
        "create Command ready",
        "create Command worker-node-3-ready",
        "delete Command ready",
        "update ConfigMap addons-smoke",
      ].sort(),
    );
    const kubeconfig = (await stack.output("kubeconfig", "--show-secrets")) as string;
    expect(stack.guests.workersOf(kubeconfig).sort()).toEqual(["worker-node-1", "worker-node-2", "worker-node-3"]);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });
});

describe("a destroy that was killed", () => {
  it("is completed by the next one after `pulumi cancel`", async () => {
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

describe("an up that was interrupted", () => {
  it("finishes the creations that had begun, and the next up continues from there", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    stack.world.on("before", /create Domain master/, () => stack.cli.interrupt());
    const { succeeded, calls } = await stack.up();
    stack.world.calm();
    expect(succeeded).toBe(false);
    expect(calls.list).toContain("create Domain master");
    expect(calls.list).not.toContain("create Command master-init");
    expect(await stack.drift()).toEqual([]);
    // No lock is left, and no object is created twice.
    const next = await stack.up();
    expect(next.succeeded, next.text).toBe(true);
    expect(next.calls.list).not.toContain("create Domain master");
  });
});
