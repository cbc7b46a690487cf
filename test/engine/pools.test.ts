import { describe, expect, it } from "vitest";
import { writeImage } from "./material.ts";
import { patternsOf, rejoined, worker } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import { TestStack } from "./stack.ts";

describe("two pools of different size, image and labels", () => {
  let stack: TestStack;
  let small: object;
  let big: object;
  shareStack(async (created) => {
    stack = created;
    const image = await writeImage(stack.folder, "other.qcow2", "second");
    small = { name: "small", count: 2, labels: ["size=small"] };
    big = { name: "big", count: 1, vcpus: 4, memoryMiB: 4096, diskGiB: 40, image, taints: ["a=b:NoSchedule"] };
    const up = await stack.up({ workerPools: [small, big], joinWaveSize: 2 });
    expect(up.succeeded, up.text).toBe(true);
    expect(up.calls.of("create").filter((resource) => resource === "Volume base")).toHaveLength(2);
    expect(up.calls.disorder(/worker-small-1-join/, /worker-big-1-token/)).toEqual([]);
  });

  /** Changes the pools. Expects success, and that the state matches the world. */
  async function change(...workerPools: object[]) {
    const { succeeded, text, calls } = await stack.up({ workerPools });
    expect(succeeded, text).toBe(true);
    expect(await stack.drift()).toEqual([]);
    return calls;
  }

  it("have machines of their size on their image", async () => {
    const [own, stacks] = ["worker-big-1", "worker-small-1"].map((name) => {
      const root = stack.world.ofKind("Volume").find(({ urn }) => urn.endsWith(`${name}-root`))!;
      return { base: root.properties.baseVolumeId, size: root.properties.size };
    });
    expect([own!.size, stacks!.size]).toEqual([40 * 2 ** 30, 20 * 2 ** 30]);
    expect(own!.base).not.toBe(stacks!.base);
    const nodes = (await stack.output("nodes")) as { name: string; pool?: string; image: string }[];
    expect(nodes.map(({ name, pool }) => [name, pool])).toEqual([
      ["master", undefined],
      ["worker-small-1", "small"],
      ["worker-small-2", "small"],
      ["worker-big-1", "big"],
    ]);
    expect(new Set(nodes.map(({ image }) => image)).size).toBe(2);
    expect(await stack.output("imageHash")).toBe(nodes[0]!.image);
  });

  it("are followed by a preview without changes", async () => {
    const again = await stack.preview();
    expect([again.succeeded, again.steps, again.calls.list]).toEqual([true, [], []]);
  });

  it("grow one by one: only the new worker is created, also in a pool before another one", async () => {
    const calls = await change({ ...small, count: 3 }, big);
    expect(calls.of("create")).toEqual(worker("worker-small-3").sort());
    expect(calls.of("update")).toEqual(["Command ready", "ConfigMap addons-smoke"]);
    expect(calls.of("delete")).toEqual([]);
  });

  it("can change their order, and no machine is touched", async () => {
    const calls = await change(big, small);
    // The gate reads the nodes in their order.
    expect(calls.list).toEqual(["update Command ready"]);
  });

  it("are removed one by one: only the pool's workers are drained and deleted, and its image last", async () => {
    const calls = await change(small);
    expect(calls.of("delete")).toEqual([...worker("worker-big-1"), "Volume base"].sort());
    expect(calls.of("create")).toEqual([]);
    expect(calls.of("update")).toEqual(["Command ready", "ConfigMap addons-smoke"]);
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave"]);
    const of = patternsOf("worker-big-1");
    expect(
      calls.disorder(
        of("delete Command NAME-token"),
        of("delete Domain NAME"),
        of("delete Volume NAME-root"),
        /Volume base/,
      ),
    ).toEqual([]);
    expect(calls.matching(/Volume base/)[0]!.ended).toBe(Math.max(...calls.all.map(({ ended }) => ended!)));
  });

  it("are removed also where the workers of another pool joined later", async () => {
    const calls = await change(big);
    expect(calls.of("delete")).toEqual([...worker("worker-small-1"), ...worker("worker-small-2")].sort());
    expect(calls.of("create")).toEqual([]);
    expect(calls.list.filter((operation) => operation.includes("worker-big"))).toEqual([]);
  });

  it("get another image one by one: only the pool's workers are replaced", async () => {
    const calls = await change(small, { ...big, image: await writeImage(stack.folder, "third.qcow2", "third") });
    const replaced = [...rejoined("worker-big-1"), "Volume base"].sort();
    expect(calls.of("create")).toEqual(replaced);
    expect(calls.of("delete")).toEqual(replaced);
    expect(calls.of("update")).toEqual(["Command ready"]);
    const of = patternsOf("worker-big-1");
    expect(calls.disorder(of("delete Command NAME-token"), of("delete Domain NAME"), of("create Domain NAME"))).toEqual(
      [],
    );
    expect(calls.matching(/delete Volume base/)[0]!.ended).toBe(Math.max(...calls.all.map(({ ended }) => ended!)));
  });

  it("with an image of their own are not touched by another image of the stack", async () => {
    const image = await writeImage(stack.folder, "newer.qcow2", "newer");
    const { succeeded, text, calls } = await stack.up({ workerPools: [small, big], image });
    expect(succeeded, text).toBe(true);
    expect(await stack.drift()).toEqual([]);
    const roots = ["master", "worker-small-1", "worker-small-2"].map((name) => `Volume ${name}-root`);
    expect(calls.of("create").filter((resource) => /^Volume/.test(resource))).toEqual(["Volume base", ...roots]);
    expect(calls.list.filter((operation) => operation.includes("worker-big-1"))).toEqual([]);
  });

  it("with wrong keys are refused with the paths of the keys, and nothing is touched", async () => {
    const { succeeded, text, calls } = await stack.up({
      workers: 5,
      workerPools: [small, { ...big, memoryMiB: 1, vcpu: 2 }],
    });
    expect(succeeded).toBe(false);
    expect(text).toContain("nodeforge:workers: expected no value beside workerPools");
    expect(text).toContain("nodeforge:workerPools[1].memoryMiB: expected at least 768, got 1");
    expect(text).toContain(
      "nodeforge:workerPools[1].vcpu: expected one of the known keys (did you mean vcpus?), got 2",
    );
    expect(calls.list).toEqual([]);
  });
});

describe("the plain worker keys", () => {
  it("can become a pool of the same name prefix, and no machine is touched", async () => {
    await using stack = await TestStack.create({ workers: 2 });
    await stack.up();
    stack.settings = {};
    const moved = await stack.up({ workerPools: [{ name: "all", count: 2, namePrefix: "worker-node" }] });
    // Only the label with the pool's name changes.
    const relabelled = [1, 2].map((number) => `update Command worker-node-${number}-ready`);
    expect([moved.succeeded, moved.calls.list]).toEqual([true, relabelled]);
    expect(await stack.drift()).toEqual([]);
    const grown = await stack.up({
      workerPools: [
        { name: "all", count: 1, namePrefix: "worker-node" },
        { name: "new", count: 1 },
      ],
    });
    expect(grown.succeeded, grown.text).toBe(true);
    expect(grown.calls.of("delete")).toEqual(worker(2).sort());
    expect(grown.calls.of("create")).toEqual(worker("worker-new-1").sort());
  });
});
