import { describe, expect, it } from "vitest";
import { concernsCluster } from "../../cli/diagnose/after-failure.ts";
import { refreshFromLibvirt } from "../../cli/stack/refresh.ts";
import { writeImage, writeKey } from "./material.ts";
import { cluster, patternsOf, rejoined, worker } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import type { TestStack } from "./stack.ts";

describe("a cluster of one control plane and two workers", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    await stack.up();
  });

  /** Sorted names of the nodes with a reserved address in the cluster's network. */
  const reserved = () => [...stack.world.reservations.values()].sort();

  /** Changes settings. Expects that the preview announced exactly the operations, and that the state matches the world. */
  async function change(settings: Parameters<TestStack["up"]>[0]) {
    const { calls, surprises } = await stack.change(settings!);
    expect(surprises).toEqual([]);
    expect(await stack.drift()).toEqual([]);
    return calls;
  }

  it("gets one more worker, and the others are not touched", async () => {
    const calls = await change({ workers: 3 });
    expect(calls.of("create")).toEqual(worker(3).sort());
    expect(calls.of("update")).toEqual(["Command ready", "ConfigMap addons-smoke"]);
    expect(calls.of("delete")).toEqual([]);
    expect(calls.disorder(/worker-node-3-join/, /worker-node-3-ready/, /Command ready|ConfigMap/)).toEqual([]);
  });

  it("loses its last worker after the worker was drained, and nothing else", async () => {
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

  it("replaces workers of another size one after the other, each after its drain", async () => {
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
    // Their successors keep their addresses.
    expect(stack.guests.givenBack).toEqual([]);
    expect(reserved()).toEqual(["master", "worker-node-1", "worker-node-2"]);
  });

  it("keeps its data, its address and its host key when the control plane gets another size", async () => {
    const nodes = await stack.output("nodes");
    const calls = await change({ masterMemoryMiB: 4096 });
    const replaced = ["Command master-host-key", "Command ready", "Domain master", "Volume master-root"];
    expect(calls.of("create")).toEqual(replaced);
    expect(calls.of("delete")).toEqual(replaced);
    expect(calls.of("update")).toEqual(["Command master-init"]);
    // The old machine is shut down before another machine gets its data.
    expect(calls.disorder(/delete Command master-host-key/, /delete Domain master/, /create Domain master/)).toEqual(
      [],
    );
    expect(await stack.output("nodes")).toEqual(nodes);
  });

  it("grows its data disk while its machine runs, and nothing else changes", async () => {
    const preview = await stack.preview({ masterDataDiskGiB: 12 });
    expect(preview.text).toContain("the control plane's data disk grows from 10 to 12 GiB while its machine runs");
    expect((await change({})).list).toEqual(["create Command master-data-growth"]);
    const size = () => Number(stack.world.ofKind("Volume").find(({ id }) => /master-data/.test(id))?.properties.size);
    expect(size()).toBe(12 * 2 ** 30);
    expect((await stack.preview()).steps).toEqual([]);
    // A refresh writes the new size to the state, and the program does not replace the disk for it.
    await refreshFromLibvirt(stack.session());
    expect(await stack.exportText()).toContain(String(12 * 2 ** 30));
    expect((await stack.preview()).steps).toEqual([]);
    expect((await stack.preview({}, "--refresh")).steps).toEqual([]);
    expect((await change({ masterDataDiskGiB: 13 })).list).toEqual(["update Command master-data-growth"]);
    expect(size()).toBe(13 * 2 ** 30);
    // The disk keeps its size on another machine.
    const calls = await change({ masterMemoryMiB: 4096 });
    expect([...calls.of("create"), ...calls.of("update")].filter((each) => /data/.test(each))).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
  });

  it("grows its data disk before the control plane starts on a new machine", async () => {
    const calls = await change({ masterDataDiskGiB: 12, masterMemoryMiB: 4096 });
    expect(
      calls.disorder(
        /create Command master-host-key/,
        /create Command master-data-growth/,
        /update Command master-init/,
      ),
    ).toEqual([]);
  });

  it("keeps a data disk that you grew by hand", async () => {
    const disk = stack.world.ofKind("Volume").find(({ id }) => /master-data/.test(id))!;
    disk.properties = { ...disk.properties, size: 15 * 2 ** 30 };
    await refreshFromLibvirt(stack.session());
    expect((await stack.preview()).steps).toEqual([]);
    expect((await change({ masterDataDiskGiB: 12 })).list).toEqual(["create Command master-data-growth"]);
    expect(disk.properties.size).toBe(15 * 2 ** 30);
  });

  it.each([
    ["that never grew", 10, {}],
    ["that has grown", 12, {}],
    ["that is not protected", 10, { masterDataProtected: false }],
  ])("refuses a smaller data disk than one %s before anything changes", async (_, present, settings) => {
    await stack.up({ ...settings, masterDataDiskGiB: present });
    for (const refresh of [false, true]) {
      if (refresh) await refreshFromLibvirt(stack.session());
      for (const outcome of [await stack.preview({ masterDataDiskGiB: present - 1, workers: 3 }), await stack.up()]) {
        expect([outcome.succeeded, outcome.calls.list]).toEqual([false, []]);
        expect(outcome.text).toContain(
          `masterDataDiskGiB is ${present - 1}, but the control plane's data disk has ${present} GiB and cannot shrink.`,
        );
        expect(outcome.text).toContain(`Fix: set masterDataDiskGiB to ${present} or more.`);
        expect(outcome.text).not.toMatch(/^\s+at /m);
      }
    }
  });

  it("does not change when the image and the ssh key move to another path", async () => {
    const key = await writeKey(stack.folder, "moved");
    const calls = await change({
      image: await writeImage(stack.folder, "moved.qcow2", "first"),
      sshPublicKey: `${key}.pub`,
    });
    expect(calls.list).toEqual([]);
  });

  it("runs a step with another time limit again in place", async () => {
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

  it("writes another drain policy to the control plane only", async () => {
    const calls = await change({ drainTimeoutMinutes: 7, drainPolicy: "force" });
    expect(calls.list).toEqual(["update Command master-drain-policy"]);
  });

  it("changes labels and taints of living workers in place", async () => {
    const calls = await change({ workerLabels: ["disk=ssd"], workerTaints: ["dedicated=bench:NoSchedule"] });
    // The join also has the taints as a parameter. On a worker that has joined, the script does nothing.
    expect(calls.list).toEqual(
      ["join", "ready"].flatMap((step) => [1, 2].map((n) => `update Command worker-node-${n}-${step}`)).sort(),
    );
    const labels = await change({ workerLabels: [] });
    expect(labels.list).toEqual([1, 2].map((n) => `update Command worker-node-${n}-ready`));
  });

  it("is destroyed without drains: first machines, then disks, image and pool", async () => {
    const { succeeded, text, calls } = await stack.destroy();
    expect(succeeded, text).toBe(true);
    // No worker is drained, no machine is shut down cleanly, and the objects in the cluster vanish with the control plane.
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

  it("is not destroyed by plain pulumi, because the control plane's data disk is protected", async () => {
    const { succeeded, text, calls } = await stack.plainDestroy();
    expect(succeeded).toBe(false);
    expect(text).toMatch(/lab-master-data.* cannot be deleted\s+because it is protected/);
    expect(calls.list).toEqual([]);
    expect(await concernsCluster(stack.session(), text, 0)).toBe(false);
  });

  it.each<[string, Record<string, string | number>]>([
    ["another network", { networkCidr: "10.9.0.0/24" }],
    ["another directory of its pool", { storagePoolPath: "/var/lib/elsewhere" }],
    ["another name of the control plane", { masterName: "boss" }],
  ])("refuses %s, which would make another cluster", async (_, settings) => {
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
  ])("becomes another cluster with %s where its data is not protected", async (_, settings, master) => {
    await stack.up({ masterDataProtected: false, masterDataDiskGiB: 12 });
    // The disk of another cluster is created with any size.
    const { calls } = await stack.change({ ...settings, masterDataDiskGiB: 9 });
    expect(calls.list.filter((call) => /^(create|update) .*data-growth/.test(call))).toEqual([]);
    expect(stack.world.ofKind("Volume").find(({ id }) => /-data-/.test(id))?.properties.size).toBe(9 * 2 ** 30);
    expect(calls.of("create")).toEqual(expect.arrayContaining(["RandomUuid id", `Volume ${master}-data`]));
    // The workers of the old cluster are drained while it still exists.
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave", "leave"]);
    expect(calls.disorder(/delete .*-token/, /delete Domain master/, /create RandomUuid/)).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });

  it("is destroyed even when its control plane does not answer", async () => {
    stack.world.on("before", /(-token|-host-key|addons)/, () => {
      throw new Error("no answer");
    });
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });
});
