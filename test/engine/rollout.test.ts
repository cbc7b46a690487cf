import { describe, expect, it } from "vitest";
import { recover } from "../../cli/recovery/recover.ts";
import { refreshFromLibvirt } from "../../cli/stack/refresh.ts";
import { writeImage } from "./material.ts";
import { patternsOf, rejoined } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import type { TestStack } from "./stack.ts";

/** Throws the error of a planned fault. */
function fail(): never {
  throw new Error("planned by the test");
}

/** Resources that are replaced with the control plane's machine. Its data stays. */
const master = ["Command master-host-key", "Domain master", "Volume master-root"];

describe("another image for a control plane and three workers", () => {
  let stack: TestStack;
  let first: string;
  let second: string;
  shareStack(async (created) => {
    stack = created;
    first = await writeImage(stack.folder, "first.qcow2", "first");
    second = await writeImage(stack.folder, "second.qcow2", "second");
    await stack.up({ workers: 3, image: first });
  });

  const basesOf = (names: readonly string[]) =>
    names.map((name) => {
      const root = stack.world.ofKind("Volume").find(({ urn }) => urn.endsWith(`lab-${name}-root`));
      return String(root?.properties.baseVolumeId);
    });

  it("reaches one node after the other, as the preview announces, and the old image is deleted last", async () => {
    // The control plane must serve a slow drain to its end.
    stack.world.on("before", /delete Command .*-token/, () => new Promise((resolve) => setTimeout(resolve, 500)));
    const { calls, surprises } = await stack.change({ image: second });
    expect(surprises).toEqual([]);
    const replaced = [...master, "Command ready", "Volume base", ...[1, 2, 3].flatMap(rejoined)].sort();
    expect(calls.of("create")).toEqual(replaced);
    expect(calls.of("delete")).toEqual(replaced);
    expect(calls.of("update")).toEqual(["Command master-init"]);
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave", "leave", "leave"]);
    expect(
      calls.disorder(
        /create Volume base/,
        /create Volume master-root/,
        /create Domain master/,
        /update Command master-init/,
        /delete Command worker-node-1-token/,
      ),
    ).toEqual([]);
    for (const [before, after] of [
      [1, 2],
      [2, 3],
    ] as const) {
      // Nothing of the next worker is touched before this one is Ready again.
      const ready = new RegExp(`create Command worker-node-${before}-ready`);
      expect(calls.disorder(ready, new RegExp(` worker-node-${after}`))).toEqual([]);
    }
    expect(calls.disorder(/delete Domain/, /delete Volume base/)).toEqual([]);
    expect(calls.matching(/delete Volume base/)[0]!.ended).toBe(Math.max(...calls.all.map(({ ended }) => ended!)));
    expect(new Set(basesOf(["master", "worker-node-1", "worker-node-2", "worker-node-3"])).size).toBe(1);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });

  it("reaches maxUnavailable workers at a time", async () => {
    const { calls } = await stack.change({ image: second, maxUnavailable: 2 });
    const beganBefore = (former: RegExp, latter: RegExp) => calls.disorder(former, latter).length > 0;
    expect(beganBefore(/create Command worker-node-1-ready/, /delete Command worker-node-2-token/)).toBe(true);
    for (const name of ["worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      expect(calls.disorder(of("create Command NAME-ready"), /delete Command worker-node-3-token/)).toEqual([]);
    }
  });

  it("is also the order in which machines are replaced whose root disks were removed by hand", async () => {
    for (const name of ["master", "worker-node-1", "worker-node-2"]) {
      const root = stack.world.ofKind("Volume").find(({ urn }) => urn.endsWith(`lab-${name}-root`))!;
      stack.world.drop(root);
    }
    await refreshFromLibvirt(stack.session());
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(
      calls.disorder(
        /create Domain master/,
        /update Command master-init/,
        /delete Command worker-node-1-token/,
        /create Command worker-node-1-ready/,
        /delete Command worker-node-2-token/,
      ),
    ).toEqual([]);
    expect(calls.list.filter((operation) => operation.includes("worker-node-3"))).toEqual([]);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });

  it("stops at the first worker that does not come back, and a rollback replaces only that worker", async () => {
    const [before] = basesOf(["worker-node-3"]);
    stack.world.on("before", /create Command worker-node-1-join/, fail);
    const stopped = await stack.up({ image: second });
    expect(stopped.succeeded).toBe(false);
    expect(stopped.calls.list.filter((operation) => /worker-node-[23]/.test(operation))).toEqual([]);
    expect(await stack.drift()).toEqual([]);

    stack.world.calm();
    const undone = await stack.up({ image: first });
    expect(undone.succeeded, undone.text).toBe(true);
    expect(undone.calls.list.filter((operation) => /worker-node-[23]/.test(operation))).toEqual([]);
    expect(undone.calls.of("create")).toEqual(expect.arrayContaining([...master, ...rejoined(1)]));
    expect(new Set(basesOf(["master", "worker-node-1", "worker-node-2", "worker-node-3"]))).toEqual(new Set([before]));
    expect(stack.world.ofKind("Volume").filter(({ id }) => id.includes("-base-"))).toHaveLength(1);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });

  it.each<[string, RegExp]>([
    ["control plane is initialized", /update Command master-init/],
    ["first worker is drained", /delete Command worker-node-1-token/],
    ["second worker's machine is deleted", /delete Volume worker-node-2-root|delete Domain worker-node-2/],
    ["second worker joins", /create Command worker-node-2-join/],
  ])("continues after it was killed while the %s", async (_, moment) => {
    stack.world.on("before", moment, () => {
      stack.cli.kill();
      throw new Error("killed");
    });
    expect((await stack.up({ image: second })).succeeded).toBe(false);
    stack.world.calm();
    await recover(stack.session(), {
      connect:
        () =>
        (...args) =>
          stack.virsh(...args),
      log: () => undefined,
    });
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    // A worker that still needs the rollout waits for the workers before it.
    expect(calls.disorder(/create Command worker-node-2-ready/, /delete Command worker-node-3-token/)).toEqual([]);
    expect(calls.matching(/delete Command worker-node-3-token/)).toHaveLength(1);
    expect(new Set(basesOf(["master", "worker-node-1", "worker-node-2", "worker-node-3"])).size).toBe(1);
    expect(await stack.drift()).toEqual([]);
  });

  it("and one more worker at the same time: the new worker waits for no other", async () => {
    const { calls } = await stack.change({ image: second, workers: 4 });
    expect(calls.disorder(/create Domain worker-node-4/, /create Domain worker-node-2/)).toEqual([]);
    expect(calls.list.filter((operation) => /delete .*worker-node-4/.test(operation))).toEqual([]);
  });

  it("makes no second worker unavailable when it is tried again, or when it is rolled back", async () => {
    stack.world.on("before", /create Command worker-node-2-join/, fail);
    expect((await stack.up({ image: second })).succeeded).toBe(false);
    const again = await stack.up();
    expect(again.succeeded).toBe(false);
    expect(again.calls.list.filter((operation) => /worker-node-[13]/.test(operation))).toEqual([]);

    stack.world.calm();
    const undone = await stack.up({ image: first });
    expect(undone.succeeded, undone.text).toBe(true);
    expect(undone.calls.matching(/delete Domain worker/)).toHaveLength(2);
    expect(
      undone.calls.disorder(
        /update Command master-init/,
        /create Domain worker-node-2/,
        /create Command worker-node-2-ready/,
        /delete Command worker-node-1-token/,
      ),
    ).toEqual([]);
    expect(undone.calls.list.filter((operation) => /worker-node-3/.test(operation))).toEqual([]);
    expect(new Set(basesOf(["master", "worker-node-1", "worker-node-2", "worker-node-3"])).size).toBe(1);
    expect(await stack.drift()).toEqual([]);
  });

  it("keeps the machine of a worker that cannot be drained, and names the blocking pods", async () => {
    stack.guests.stuck.add("worker-node-2");
    const stopped = await stack.up({ image: second });
    expect(stopped.succeeded).toBe(false);
    expect(stopped.text).toContain("worker-node-2 could not be drained");
    expect(stopped.text).toContain("pods still there: default/stuck");
    expect(
      stopped.calls.list.filter((operation) => /(Domain|Volume) worker-node-2|worker-node-3/.test(operation)),
    ).toEqual([]);
    expect(await stack.drift()).toEqual([]);

    const forced = await stack.up({ drainPolicy: "force" });
    expect(forced.succeeded, forced.text).toBe(true);
    expect(forced.calls.disorder(/update Command master-drain-policy/, /delete Command worker-node-2-token/)).toEqual(
      [],
    );
    expect(new Set(basesOf(["master", "worker-node-1", "worker-node-2", "worker-node-3"])).size).toBe(1);
    expect(await stack.drift()).toEqual([]);
  });

  it("is rolled back without another drain of a worker that cannot be drained", async () => {
    stack.guests.stuck.add("worker-node-1");
    expect((await stack.up({ image: second })).succeeded).toBe(false);
    const undone = await stack.up({ image: first });
    expect(undone.succeeded, undone.text).toBe(true);
    expect(undone.calls.list.filter((operation) => /(Domain|Volume) worker/.test(operation))).toEqual([]);
    expect(await stack.drift()).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });
});
