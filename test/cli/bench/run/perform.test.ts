import { describe, expect, test } from "vitest";
import type { Operation } from "../../../../cli/bench/workload/operation.ts";
import { batch, create, podNamed, pods, stageOf } from "./stage.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `pod-${index}`);

describe("the arrival of pods", () => {
  test("of a backlog happens without a scheduler, which binds all of them then", async () => {
    const { run, steps, tracker } = await stageOf({ arrival: "backlog" });
    const { start, end } = await run(create(40));
    expect(steps).toEqual(["pause 0 0", "start 0 0", "activate 40 0", "end 40 40"]);
    expect(end).toBeGreaterThan(start);
    expect(tracker.measured()).toHaveLength(40);
  });

  test("of a burst happens beside the scheduler", async () => {
    const { fake, run, steps } = await stageOf();
    await run(create(20));
    expect(steps).toEqual(["activate 0 0", "start 0 0", "end 20 20"]);
    expect(fake.names(pods)).toEqual(names(20).sort());
  });

  test("of a backlog has a scheduler before it only where earlier pods are bound", async () => {
    const earlier = create(2, { collectMetrics: false, pods: batch(2, { namespace: "earlier" }) });
    const { run, steps } = await stageOf({ arrival: "backlog" });
    await run({ opcode: "createNamespaces", names: ["a"] }, earlier, create(3));
    expect(steps.map((step) => step.split(" ")[0])).toEqual(["activate", "pause", "start", "activate", "end"]);
  });

  test("of two backlogs has no scheduler at the beginning of each", async () => {
    const { run, steps } = await stageOf({ arrival: "backlog" });
    await run(create(2), { opcode: "sleep", seconds: 0 }, create(3, { pods: batch(3, { namespace: "second" }) }));
    expect(steps.filter((step) => /^(pause|activate)/.test(step))).toHaveLength(4);
  });

  test("at a rate takes its time, with the same gaps for the same seed", async () => {
    const { fake, run, tracker } = await stageOf({ arrival: { rate: 100 } });
    await run(create(20));
    expect(fake.names(pods)).toHaveLength(20);
    const times = tracker.measured().map(({ created }) => created);
    // The gaps of seed 1 sum up to 182 ms. A busy machine may create the first pod late.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(120);
  });

  test("at a rate is as fast as possible for pods that are not measured", async () => {
    const { fake, run } = await stageOf({ arrival: { rate: 0.001 } });
    await run(create(20, { collectMetrics: false }), { opcode: "startCollectingMetrics", name: "", namespaces: [] });
    expect(fake.names(pods)).toHaveLength(20);
  });

  test("waits until pods are Running where the scenario says so", async () => {
    const { fake, run } = await stageOf({ nodes: { real: "only", pods: "run" } });
    fake.isReady = false;
    const done = run(create(1));
    await expect.poll(() => fake.objects.get(`${pods}/pod-0`)?.spec?.nodeName).toBe("node-0");
    expect(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 50, "waits"))])).toBe("waits");
    fake.put(`${pods}/pod-0`, { ...fake.objects.get(`${pods}/pod-0`), status: { phase: "Running" } });
    await done;
  });
});

describe("a pod", () => {
  test("with a bare priority gets a class, once, and keeps its priority in the result", async () => {
    const { fake, run, tracker } = await stageOf();
    const pod = (index: number) => podNamed(`pod-${index}`, index < 2 ? { priority: 5 } : { priority: -5 });
    await run(create(0, { pods: batch(3, { pod }) }));
    const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    expect(fake.names(classes)).toEqual(["nodeforge-bench-5", "nodeforge-bench-minus-5"]);
    expect(fake.objects.get(`${classes}/nodeforge-bench-5`)).toMatchObject({ value: 5 });
    expect(fake.count(/^POST .*priorityclasses/)).toBe(2);
    expect(fake.objects.get(`${pods}/pod-1`)?.spec).toMatchObject({ priorityClassName: "nodeforge-bench-5" });
    expect(tracker.measured().map(({ priority }) => priority)).toEqual([5, 5, -5]);
  });

  test("has the benchmark's label, toleration and node selector, beside its own", async () => {
    const { fake, run } = await stageOf();
    const pod = () => podNamed("pod-0", { nodeSelector: { zone: "b" } }, { app: "x" });
    await run(create(0, { pods: batch(1, { pod }) }));
    const { metadata, spec } = fake.objects.get(`${pods}/pod-0`)!;
    expect(metadata.labels).toEqual({ app: "x", "nodeforge.local/bench": "true" });
    expect(spec?.nodeSelector).toEqual({ zone: "b", "nodeforge.local/simulated": "bench" });
    expect(spec?.tolerations).toEqual([{ key: "kwok.x-k8s.io/node", operator: "Exists", effect: "NoSchedule" }]);
  });
});

describe("an operation", () => {
  test("barrier waits for every pod before it, in named namespaces or in all", async () => {
    for (const namespaces of [["a"], []]) {
      const { fake, run } = await stageOf({ start: () => Promise.resolve() });
      fake.active = false;
      const barrier: Operation = { opcode: "barrier", namespaces, stage: "Scheduled" };
      const done = run(create(3, { collectMetrics: false, skipWaitToCompletion: true }), barrier, create(0));
      await expect.poll(() => fake.names(pods)).toEqual(names(3));
      expect(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 40, "waits"))])).toBe("waits");
      fake.active = true;
      await done;
    }
  });

  test("barrier with the stage Attempted passes a pod without a node", async () => {
    const { fake, run } = await stageOf();
    fake.schedule = () => undefined;
    const first = create(1, { collectMetrics: false, skipWaitToCompletion: true });
    await run(first, { opcode: "barrier", namespaces: ["a"], stage: "Attempted" }, create(0));
    expect(fake.objects.get(`${pods}/pod-0`)?.spec?.nodeName).toBeUndefined();
  });

  test.each([
    [{ app: "x" }, ["pod-1"]],
    [undefined, []],
  ])("deletePods deletes the pods with the labels %j", async (labelSelector, left) => {
    const { fake, run } = await stageOf();
    const pod = (index: number) => podNamed(`pod-${index}`, {}, index === 1 ? {} : { app: "x" });
    const remove = { opcode: "deletePods", namespace: "a", skipWaitToCompletion: false } as const;
    await run(create(0, { pods: batch(3, { pod }) }), labelSelector ? { ...remove, labelSelector } : remove);
    expect(fake.names(pods)).toEqual(left);
  });

  test("deletePods may run beside the next one, at its pace", async () => {
    const { fake, run } = await stageOf();
    const remove = { opcode: "deletePods", namespace: "a", perSecond: 50, skipWaitToCompletion: true } as const;
    const began = performance.now();
    await run(create(3), remove, { opcode: "sleep", seconds: 0 });
    expect(performance.now() - began).toBeGreaterThan(38);
    expect(fake.names(pods)).toEqual([]);
  });

  test("createAny makes a namespace with its labels, and refuses a kind that no clean-up deletes", async () => {
    const { fake, run } = await stageOf();
    const object = (apiVersion: string, kind: string) => ({
      opcode: "createAny" as const,
      objects: [{ apiVersion, kind, metadata: { name: "a", labels: { team: "x" } } }],
    });
    await run(object("v1", "Namespace"), create(1));
    const labels = { team: "x", "nodeforge.local/bench": "true" };
    expect(fake.objects.get("/api/v1/namespaces/a")?.metadata.labels).toEqual(labels);
    await expect(run(object("storage.k8s.io/v1", "StorageClass"))).rejects.toThrow(
      "the workload creates a storage.k8s.io/v1 StorageClass",
    );
  });

  test.each([
    ["names none", {}, {}, "nodeforge-bench"],
    ["names one in the operation", {}, { namespace: "b" }, "b"],
    ["names one itself", { namespace: "c" }, { namespace: "b" }, "c"],
  ])("createAny makes the namespace of an object that %s", async (_case, own, operation, expected) => {
    const { fake, run } = await stageOf();
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", ...own } };
    await run({ opcode: "createAny", objects: [object], ...operation }, create(1));
    expect(fake.names("/api/v1/configmaps")).toEqual(["x"]);
    expect(fake.names(`/api/v1/namespaces/${expected}/configmaps`)).toEqual(["x"]);
    expect(fake.names("/api/v1/namespaces")).toEqual(["a", "default", "kube-system", expected].sort());
    const labels = { "nodeforge.local/bench": "true" };
    expect(fake.objects.get(`/api/v1/namespaces/${expected}`)?.metadata.labels).toEqual(labels);
  });

  test("createAny makes no namespace for an object that belongs to none", async () => {
    const { fake, run } = await stageOf();
    const object = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "x" } };
    await run({ opcode: "createAny", objects: [object] }, create(1));
    expect(fake.names("/apis/scheduling.k8s.io/v1/priorityclasses")).toEqual(["x"]);
    expect(fake.names("/api/v1/namespaces")).toEqual(["a", "default", "kube-system"]);
  });

  test.each([
    ["the object", { namespace: "shop" }, {}],
    ["the operation", {}, { namespace: "shop" }],
    ["the object, beside the benchmark's in the operation", { namespace: "shop" }, { namespace: "b" }],
  ])("createAny refuses a namespace of the user's in %s", async (_case, own, operation) => {
    const { fake, run } = await stageOf();
    fake.put("/api/v1/namespaces/shop");
    for (const [kind, spec] of [["ConfigMap"], ["Pod", { containers: [] }]] as const) {
      const object = { apiVersion: "v1", kind, metadata: { name: "x", ...own }, ...(spec && { spec }) };
      const done = run({ opcode: "createAny", objects: [object], ...operation }, create(1));
      await expect(done).rejects.toThrow("the namespace shop exists and is not the benchmark's. Fix: ");
    }
    expect(fake.count(/^(POST|DELETE) .*shop/)).toBe(0);
    expect(fake.objects.get("/api/v1/namespaces/shop")?.metadata).toEqual({ name: "shop" });
    expect(fake.names(pods)).toEqual([]);
  });

  test("create pods for a scheduler with a name of its own, also by a controller", async () => {
    const template = { spec: { containers: [], schedulerName: "other" } };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec: { template } };
    const operations = [{ opcode: "createAny", namespace: "a", objects: [deployment] } as const, create(1)];
    const named = await stageOf({ schedulerName: "volcano" });
    await named.run(...operations);
    const plain = await stageOf();
    await plain.run(...operations);
    const namesOf = ({ fake }: typeof named) => {
      const controlled = fake.objects.get("/apis/apps/v1/namespaces/a/deployments/d")?.spec?.["template"];
      return [
        fake.objects.get(`${pods}/pod-0`)?.spec?.["schedulerName"],
        (controlled as typeof template | undefined)?.spec.schedulerName,
      ];
    };
    expect([namesOf(named), namesOf(plain)]).toEqual([
      ["volcano", "volcano"],
      [undefined, "other"],
    ]);
  });

  test("must be measured by one at least", async () => {
    const { run } = await stageOf();
    await expect(run(create(1, { collectMetrics: false }))).rejects.toThrow("no operation of test is measured. Fix: ");
  });
});
