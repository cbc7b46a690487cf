import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeImage, writeKey } from "./material.ts";
import { cluster, patternsOf, worker } from "./names.ts";
import { TestStack } from "./stack.ts";

/** What is new with a worker's machine; its seed disk stays. */
const joining = (name: string) => [
  `Command ${name}-host-key`,
  `Command ${name}-join`,
  `Command ${name}-token`,
  `Domain ${name}`,
  `Volume ${name}-root`,
];

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

  /** Changes settings, and expects success and a state that agrees with the world. */
  async function change(settings: Parameters<TestStack["up"]>[0]) {
    const { succeeded, text, calls } = await stack.up(settings);
    expect(succeeded, text).toBe(true);
    expect(await stack.drift()).toEqual([]);
    return calls;
  }

  it("gets one more worker without a touch to the others", async () => {
    const calls = await change({ workers: 3 });
    expect(calls.of("create")).toEqual(worker(3).sort());
    expect(calls.of("update")).toEqual(["Command ready", "DaemonSet addons-smoke"]);
    expect(calls.of("delete")).toEqual([]);
    expect(calls.disorder(/worker-node-3-join/, /Command ready/, /DaemonSet/)).toEqual([]);
  });

  it("loses its last worker after that has left, and nothing else", async () => {
    const calls = await change({ workers: 1 });
    expect(calls.of("delete")).toEqual(worker(2).sort());
    // One name server is enough for one worker.
    expect(calls.of("update")).toEqual(["Command ready", "DaemonSet addons-smoke", "Deployment addons-coredns"]);
    expect(calls.of("create")).toEqual([]);
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave"]);
    expect(calls.disorder(/delete .*-join/, /delete .*-token/, /delete Domain/, /delete Volume/)).toEqual([]);
  });

  it("replaces the machines of workers of another size after they have left, and keeps the control plane", async () => {
    const calls = await change({ workerMemoryMiB: 3072 });
    const expected = [...joining("worker-node-1"), ...joining("worker-node-2")].sort();
    expect(calls.of("delete")).toEqual(expected);
    expect(calls.of("create")).toEqual(expected);
    expect(calls.of("update")).toEqual(["Command ready"]);
    for (const name of ["worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      expect(
        calls.disorder(of("delete Command NAME-token"), of("delete Domain NAME"), of("create Domain NAME")),
      ).toEqual([]);
      expect(calls.disorder(of("create Domain NAME"), of("create Command NAME-token"), /update Command ready/)).toEqual(
        [],
      );
    }
    expect(calls.matching(/delete .*-token/).map(({ script }) => script)).toEqual(["leave", "leave"]);
  });

  it("stays the same cluster when the control plane gets another size: its disk is kept", async () => {
    const calls = await change({ masterMemoryMiB: 4096 });
    const replaced = ["Command master-host-key", "Command master-init", "Command ready", "Domain master"];
    expect(calls.of("create")).toEqual(replaced);
    expect(calls.of("delete")).toEqual(replaced);
    // The way to the control plane is new, so every step that goes there is taken again; nobody joins anew.
    const again = ["master-kubeconfig", "worker-node-1-join", "worker-node-1-token", "worker-node-2-join"];
    expect(calls.of("update")).toEqual([...again, "worker-node-2-token"].map((name) => `Command ${name}`));
    expect(calls.matching(/-token/).map(({ script }) => script)).toEqual(["renew-token", "renew-token"]);
  });

  it("uploads another image before any overlay on it, and gives up the old one last", async () => {
    // A worker that takes its time to leave must not find its control plane gone.
    stack.world.on("before", /delete Command .*-token/, () => new Promise((resolve) => setTimeout(resolve, 1000)));
    const calls = await change({ image: await writeImage(stack.folder, "other.qcow2", "second") });
    const volumes = ["Volume base", "Volume master-root", "Volume worker-node-1-root", "Volume worker-node-2-root"];
    expect(calls.of("create").filter((resource) => resource.startsWith("Volume"))).toEqual(volumes);
    expect(calls.of("delete").filter((resource) => resource.startsWith("Volume"))).toEqual(volumes);
    for (const name of ["master", "worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      expect(calls.disorder(/create Volume base/, of("create Volume NAME-root"), of("create Domain NAME"))).toEqual([]);
    }
    expect(calls.disorder(/delete Domain/, /delete Volume .*-root/, /delete Volume base/)).toEqual([]);
    expect(calls.matching(/delete Volume base/)[0]!.ended).toBe(Math.max(...calls.all.map(({ ended }) => ended!)));
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
      "update DaemonSet addons-smoke",
      "update Deployment addons-coredns",
    ]);
    expect(calls.matching(/Command/).map(({ script }) => script)).toEqual(["wait-ready"]);
  });

  it("takes another limit for leaving without a worker leaving", async () => {
    const calls = await change({ drainTimeoutMinutes: 7 });
    // No token is minted any more, and the join hears of that; a worker that has joined does nothing then.
    expect(calls.list).toEqual(
      ["worker-node-1-join", "worker-node-1-token", "worker-node-2-join", "worker-node-2-token"].map(
        (name) => `update Command ${name}`,
      ),
    );
    expect(new Set(calls.all.map(({ script }) => script))).toEqual(new Set(["renew-token", "join"]));
  });

  it("makes a worker again whose machine somebody deleted", async () => {
    const [domain] = stack.world.ofKind("Domain").filter(({ taken }) => taken.endsWith("worker-node-2"));
    stack.world.drop(domain!);
    stack.guests.remove(domain!.id);
    const { succeeded, calls, text } = await stack.up({}, "--refresh");
    expect(succeeded, text).toBe(true);
    expect(calls.of("create")).toContain("Domain worker-node-2");
    expect(calls.list.filter((operation) => /worker-node-1|master/.test(operation))).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });

  it("is destroyed without anyone leaving it: machines, disks, image, pool", async () => {
    const { succeeded, text, calls } = await stack.destroy();
    expect(succeeded, text).toBe(true);
    // Tokens and everything inside the cluster are gone with the control plane.
    expect(calls.of("delete")).toEqual(cluster(2).filter((resource) => !/-token|addons/.test(resource)));
    expect([...calls.of("create"), ...calls.of("update")]).toEqual([]);
    for (const name of ["master", "worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      expect(calls.disorder(of("Domain NAME"), of("Volume NAME-(root|seed)"), /Pool/)).toEqual([]);
      expect(calls.disorder(of("Volume NAME-root"), /Volume base/, /Pool/)).toEqual([]);
    }
    expect(calls.disorder(/Domain/, /Network/)).toEqual([]);
    expect([...stack.world.things]).toEqual([]);
    expect((await stack.export()).deployment.resources ?? []).toEqual([]);
  });

  it("is destroyed even when its control plane does not answer", async () => {
    stack.world.on("before", /(-token|addons)/, () => {
      throw new Error("nobody answers");
    });
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });
});
