import { describe, expect, onTestFinished, test } from "vitest";
import { PodTracker } from "../../../../cli/bench/run/pod-tracker.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { podNamed } from "./stage.ts";

const path = (name: string) => `/api/v1/namespaces/a/pods/${name}`;
const bound = { spec: { nodeName: "node-0" } };

/** Returns a tracker whose clock advances by 1 at each reading. */
async function tracked() {
  const fake = await FakeApiServer.start();
  const connection = new Connection(fake.server);
  let now = 0;
  const tracker = new PodTracker(() => now++);
  await tracker.follow(connection);
  const stop = new AbortController();
  onTestFinished(() => {
    tracker.end();
    connection[Symbol.dispose]();
  });
  const announce = (name: string, measured = true) => tracker.announce(podNamed(name), "a", measured);
  const wait = (stage: "attempted" | "bound" | "running", ...names: string[]) =>
    tracker.wait(
      names.map((name) => `a/${name}`),
      stage,
      stop.signal,
    );
  return { fake, tracker, announce, wait, stop };
}

describe("a tracked pod", () => {
  test("has times in their order, its node, priority and requests", async () => {
    const { fake, tracker, wait } = await tracked();
    const requests = (cpu: string) => ({ resources: { requests: { cpu, memory: "1Ki" } } });
    const containers = [requests("500m"), requests("1"), {}];
    tracker.acknowledge(tracker.announce(podNamed("x", { priority: 7, containers }), "a", true));
    fake.put(path("x"), bound);
    fake.put(path("x"), { ...bound, status: { phase: "Running" } });
    await wait("running", "x");
    const [pod, ...more] = tracker.measured();
    expect(more).toEqual([]);
    expect(pod).toEqual({
      ...{ name: "x", namespace: "a", node: "node-0", priority: 7, requests: { cpu: 1.5, memory: 2048 } },
      ...{ created: 0, acknowledged: 1, bound: 2, running: 3 },
    });
  });

  test("requests the limit of each resource for which a container has no request", async () => {
    const { tracker } = await tracked();
    const gpu = "nvidia.com/gpu";
    const onlyLimits = { resources: { limits: { cpu: "1", memory: "1Ki", [gpu]: "2" } } };
    const both = { resources: { requests: { cpu: "250m" }, limits: { cpu: "4", [gpu]: "1" } } };
    tracker.acknowledge(tracker.announce(podNamed("x", { containers: [onlyLimits, both] }), "a", true));
    expect(tracker.measured().map(({ requests }) => requests)).toEqual([{ cpu: 1.25, memory: 1024, [gpu]: 3 }]);
  });

  test("counts only when it is measured and the API server has it", async () => {
    const { tracker, announce } = await tracked();
    tracker.acknowledge(announce("measured"));
    tracker.acknowledge(announce("other", false));
    announce("refused");
    tracker.acknowledge("a/unknown");
    expect(tracker.measured().map(({ name }) => name)).toEqual(["measured"]);
    expect(tracker.unmeasured().map(({ name }) => name)).toEqual(["other"]);
    expect(tracker.keys({ namespaces: ["a"] })).toEqual(["a/measured", "a/other", "a/refused"]);
    expect(tracker.keys({ namespaces: [] })).toHaveLength(3);
    expect(tracker.keys({ namespaces: ["b"] })).toEqual([]);
  });

  test("keeps its first node and time", async () => {
    const { fake, tracker, announce, wait } = await tracked();
    tracker.acknowledge(announce("x"));
    fake.put(path("x"), bound);
    await wait("bound", "x");
    const first = tracker.measured()[0]!;
    fake.put(path("x"), { spec: { nodeName: "node-1" }, status: { phase: "Running" } });
    await wait("running", "x");
    expect(tracker.measured()[0]).toMatchObject({ bound: first.bound, node: "node-0" });
  });

  test("calls the listener once when it gets a node, and no more after its removal", async () => {
    const { fake, tracker, announce, wait } = await tracked();
    const heard: string[] = [];
    const remove = tracker.onBound((name, namespace) => heard.push(`${namespace}/${name}`));
    for (const name of ["x", "y"]) announce(name);
    fake.put(path("x"), bound);
    fake.put(path("x"), bound);
    fake.put(path("unknown"), bound);
    await wait("bound", "x");
    remove();
    fake.put(path("y"), bound);
    await wait("bound", "y");
    expect(heard).toEqual(["a/x"]);
  });
});

describe("a wait", () => {
  const condition = { status: { conditions: [{ type: "PodScheduled", status: "False" }] } };

  test.each([
    ["attempted", condition],
    ["attempted", bound],
    ["bound", bound],
    ["running", { status: { phase: "Running" } }],
  ] as const)("for %s ends with %j", async (stage, change) => {
    const { fake, announce, wait } = await tracked();
    announce("x");
    const done = wait(stage, "x");
    fake.put(path("x"), {});
    expect(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20, "waits"))])).toBe("waits");
    fake.put(path("x"), change);
    await done;
  });

  test.each([
    ["bound", condition],
    ["running", bound],
  ] as const)("for %s does not end with %j, but with the deletion", async (stage, change) => {
    const { fake, announce, wait } = await tracked();
    announce("x");
    fake.put(path("x"), change);
    const done = wait(stage, "x");
    expect(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20, "waits"))])).toBe("waits");
    fake.send("DELETED", fake.objects.get(path("x"))!);
    await done;
  });

  test("for nothing, or for unknown pods, ends at once", async () => {
    const { wait } = await tracked();
    await wait("bound");
    await wait("bound", "unknown");
  });

  test("ends at the signal, before it and during it", async () => {
    const { announce, wait, stop } = await tracked();
    announce("x");
    const during = wait("bound", "x");
    stop.abort(new Error("stopped"));
    await expect(during).rejects.toThrow("stopped");
    await expect(wait("bound")).rejects.toThrow("stopped");
  });

  const watches = /^GET .*pods\?watch=true/;

  test("goes on after the last event when the watch ends, and loses no event", async () => {
    const { fake, tracker, announce, wait } = await tracked();
    for (const name of ["x", "y", "z"]) tracker.acknowledge(announce(name));
    const heard: string[] = [];
    tracker.onBound((name) => heard.push(name));
    await expect.poll(() => fake.watching).toBe(1);
    fake.put(path("x"), bound);
    await wait("bound", "x");
    const first = tracker.measured()[0]!;
    fake.endWatches();
    // No watch is open, so only the next one can report it.
    expect(fake.watching).toBe(0);
    fake.put(path("y"), bound);
    await wait("bound", "y");
    fake.put(path("z"), bound);
    await wait("bound", "z");
    expect(heard).toEqual(["x", "y", "z"]);
    expect(tracker.measured()[0]).toEqual(first);
    expect(fake.count(watches)).toBe(2);
    const versions = fake.requests
      .filter((request) => watches.test(request))
      .map((request) => Number(/resourceVersion=(\d+)/.exec(request)?.[1]));
    expect(versions[1]! - versions[0]!).toBe(1);
  });

  test("goes on when the server ends many watches, each after an event", async () => {
    const { fake, announce, wait } = await tracked();
    for (let count = 0; count < 30; count++) {
      const name = `pod-${count}`;
      announce(name);
      fake.put(path(name), bound);
      await wait("bound", name);
      fake.endWatches();
      await expect.poll(() => fake.watching, { interval: 2 }).toBe(1);
    }
    expect(fake.count(watches)).toBe(31);
  });

  test("fails soon when every watch ends at once, also a later wait", async () => {
    const { fake, announce, wait } = await tracked();
    announce("x");
    const during = wait("bound", "x");
    await expect.poll(() => fake.watching).toBe(1);
    fake.keepsWatches = false;
    const began = performance.now();
    fake.endWatches();
    await expect(during).rejects.toThrow("the API server ended 20 watches of the pods before an event");
    expect(performance.now() - began).toBeLessThan(5000);
    await expect(wait("bound")).rejects.toThrow("the API server ended 20 watches of the pods before an event");
    expect(fake.count(watches)).toBe(20);
  });

  test("passes bookmarks, and the end of a watch that is expected", async () => {
    const { fake, tracker, wait } = await tracked();
    await expect.poll(() => fake.watching).toBe(1);
    fake.send("BOOKMARK", { metadata: { resourceVersion: "9" } });
    tracker.end();
    fake.endWatches();
    await expect.poll(() => fake.watching).toBe(0);
    await wait("bound");
    expect(fake.count(watches)).toBe(1);
  });
});
