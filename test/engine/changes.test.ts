import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { concernsCluster } from "../../cli/diagnose/after-failure.ts";
import { writeImage, writeKey } from "./material.ts";
import { cluster, patternsOf, rejoined, worker } from "./names.ts";
import { TestStack } from "./stack.ts";

describe("a cluster of one control plane and two workers", () => {
  let stack: TestStack;
  let restore: () => Promise<void>;

  beforeAll(async () => {
    stack = await TestStack.create();
    await stack.up();
    restore = await stack.remember();
  });
  beforeEach(() => restore());
  afterAll(() => stack[Symbol.asyncDispose]());

  /** Who has an address reserved in the cluster's network. */
  const reserved = () => [...stack.world.reservations.values()].sort();

  /** Changes settings, and expects that the preview said exactly that, and a state that agrees with the world. */
  async function change(settings: Parameters<TestStack["up"]>[0]) {
    const { calls, surprises } = await stack.change(settings!);
    expect(surprises).toEqual([]);
    expect(await stack.drift()).toEqual([]);
    return calls;
  }

  it("gets one more worker without a touch to the others", async () => {
    const calls = await change({ workers: 3 });
    expect(calls.of("create")).toEqual(worker(3).sort());
    expect(calls.of("update")).toEqual(["Command ready", "ConfigMap addons-smoke"]);
    expect(calls.of("delete")).toEqual([]);
    expect(calls.disorder(/worker-node-3-join/, /worker-node-3-ready/, /Command ready/, /ConfigMap/)).toEqual([]);
  });

  it("loses its last worker after that has left, and nothing else", async () => {
    const nodes = (await stack.output("nodes")) as { name: string; address: string }[];
    const calls = await change({ workers: 1 });
    expect(calls.of("delete")).toEqual(worker(2).sort());
    // One name server is enough for one worker.
    expect(calls.of("update")).toEqual(["Command ready", "ConfigMap addons-smoke", "Deployment addons-coredns"]);
    expect(calls.of("create")).toEqual([]);
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave"]);
    const address = nodes.find(({ name }) => name === "worker-node-2")?.address;
    expect(stack.guests.givenBack).toEqual([address]);
    expect(reserved()).toEqual(["master", "worker-node-1"]);
    expect(
      calls.disorder(/delete .*-join/, /delete .*-token/, /delete .*-host-key/, /delete Domain/, /delete Volume/),
    ).toEqual([]);
  });

  it("replaces workers of another size one after the other, each after it has left", async () => {
    const calls = await change({ workerMemoryMiB: 3072 });
    const expected = [...rejoined(1), ...rejoined(2)].sort();
    expect(calls.of("delete")).toEqual(expected);
    expect(calls.of("create")).toEqual(expected);
    expect(calls.of("update")).toEqual(["Command ready"]);
    for (const name of ["worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      const order = ["delete Command NAME-token", "delete Command NAME-host-key", "delete Domain NAME"];
      expect(calls.disorder(...order.map(of), of("create Domain NAME"), of("create Command NAME-token"))).toEqual([]);
    }
    expect(calls.disorder(/create Command worker-node-1-ready/, /delete Command worker-node-2-token/)).toEqual([]);
    expect(calls.disorder(/create Command worker-node-2-ready/, /update Command ready/)).toEqual([]);
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave", "leave"]);
    // Their successors find their addresses again.
    expect(stack.guests.givenBack).toEqual([]);
    expect(reserved()).toEqual(["master", "worker-node-1", "worker-node-2"]);
  });

  it("stays the same cluster when the control plane gets another size: its data, address and host key stay", async () => {
    const nodes = await stack.output("nodes");
    const calls = await change({ masterMemoryMiB: 4096 });
    const replaced = ["Command master-host-key", "Command ready", "Domain master", "Volume master-root"];
    expect(calls.of("create")).toEqual(replaced);
    expect(calls.of("delete")).toEqual(replaced);
    expect(calls.of("update")).toEqual(["Command master-init"]);
    // It is shut down before its data goes to another machine.
    expect(calls.disorder(/delete Command master-host-key/, /delete Domain master/, /create Domain master/)).toEqual(
      [],
    );
    expect(await stack.output("nodes")).toEqual(nodes);
  });

  it("does not care where image and ssh key lie", async () => {
    const key = await writeKey(stack.folder, "moved");
    const calls = await change({
      image: await writeImage(stack.folder, "moved.qcow2", "first"),
      sshPublicKey: `${key}.pub`,
    });
    expect(calls.list).toEqual([]);
  });

  it("runs a changed script again in place", async () => {
    const calls = await change({ readyTimeoutMinutes: 7 });
    expect(calls.list).toEqual([
      "update Command ready",
      "update Command worker-node-1-ready",
      "update Command worker-node-2-ready",
      "update DaemonSet addons-smoke",
      "update Deployment addons-coredns",
    ]);
    expect(new Set(calls.matching(/Command/).map(({ script }) => script))).toEqual(
      new Set(["wait-ready", "worker-ready"]),
    );
  });

  it("hears on the control plane alone how workers leave from now on", async () => {
    const calls = await change({ drainTimeoutMinutes: 7, drainPolicy: "force" });
    expect(calls.list).toEqual(["update Command master-drain-policy"]);
  });

  it("gives living workers other labels and taints in place", async () => {
    const calls = await change({ workerLabels: ["disk=ssd"], workerTaints: ["dedicated=bench:NoSchedule"] });
    // The join is told of the taints, too; a worker that has joined does nothing then.
    expect(calls.list).toEqual(
      ["join", "ready"].flatMap((step) => [1, 2].map((n) => `update Command worker-node-${n}-${step}`)).sort(),
    );
    const labels = await change({ workerLabels: [] });
    expect(labels.list).toEqual([1, 2].map((n) => `update Command worker-node-${n}-ready`));
  });

  it("is destroyed without anyone leaving it: machines, disks, image, pool", async () => {
    const { succeeded, text, calls } = await stack.destroy();
    expect(succeeded, text).toBe(true);
    // Nobody leaves or shuts down in order, and everything inside the cluster is gone with the control plane.
    expect(calls.of("delete")).toEqual(cluster(2).filter((resource) => !/-token|-host-key|addons/.test(resource)));
    expect([...calls.of("create"), ...calls.of("update")]).toEqual([]);
    for (const name of ["master", "worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      expect(calls.disorder(of("Domain NAME"), of("Volume NAME-(root|seed|data)"), /Pool/)).toEqual([]);
      expect(calls.disorder(of("Volume NAME-root"), /Volume base/, /Pool/)).toEqual([]);
    }
    expect(calls.disorder(/Domain/, /Network/)).toEqual([]);
    expect([...stack.world.things]).toEqual([]);
    expect((await stack.export()).deployment.resources ?? []).toEqual([]);
  });

  it("is not destroyed by accident: the control plane's data disk is protected", async () => {
    const { succeeded, text, calls } = await stack.plainDestroy();
    expect(succeeded).toBe(false);
    expect(text).toMatch(/lab-master-data.* cannot be deleted\s+because it is protected/);
    expect(calls.list).toEqual([]);
    expect(await concernsCluster(stack.session(), text, 0)).toBe(false);
  });

  it.each<[string, Record<string, string | number>]>([
    ["another network", { networkCidr: "10.9.0.0/24" }],
    ["another directory of its pool", { storagePoolPath: "/var/lib/elsewhere" }],
    ["another size of the data disk", { masterDataDiskGiB: 11 }],
    ["another name of the control plane", { masterName: "boss" }],
  ])("refuses %s, which would be another cluster", async (_, settings) => {
    const previewed = await stack.preview(settings);
    expect([previewed.succeeded, previewed.calls.list]).toEqual([false, []]);
    const { succeeded, text, calls } = await stack.up(settings);
    expect(succeeded).toBe(false);
    for (const told of [previewed.text, text]) expect(told).toMatch(/unable to replace resource .*lab-master-data/);
    expect(calls.of("delete")).toEqual([]);
    expect(await concernsCluster(stack.session(), text, 0)).toBe(false);
  });

  it.each([
    ["another network", { networkCidr: "10.9.0.0/24" }, "master"],
    ["another name of its control plane", { masterName: "boss" }, "boss"],
  ])("becomes another cluster by %s where its data is not protected", async (_, settings, master) => {
    await stack.up({ masterDataProtected: false });
    const { calls } = await stack.change(settings);
    expect(calls.of("create")).toEqual(expect.arrayContaining(["RandomUuid id", `Volume ${master}-data`]));
    // The workers of the one before leave it in order, while it is still there.
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave", "leave"]);
    expect(calls.disorder(/delete .*-token/, /delete Domain master/, /create RandomUuid/)).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });

  it("is destroyed even when its control plane does not answer", async () => {
    stack.world.on("before", /(-token|-host-key|addons)/, () => {
      throw new Error("nobody answers");
    });
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });
});
