import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  measureOnCluster,
  type PreparedScenario,
  type Simulation,
} from "../../../../cli/bench/run/measure-on-cluster.ts";
import type { Repetition } from "../../../../cli/bench/run/repetition.ts";
import type { Operation } from "../../../../cli/bench/workload/operation.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { FakeSwitch, prepared } from "./prepared.ts";
import { create, podNamed, pods } from "./stage.ts";

beforeEach(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => void vi.restoreAllMocks();
});

/** Objects of the user, with those that look like the benchmark's. */
const own = [
  "/api/v1/namespaces/shop",
  "/api/v1/namespaces/shop/serviceaccounts/default",
  "/api/v1/namespaces/shop/pods/web",
  "/api/v1/namespaces/shop/services/web",
  "/api/v1/nodes/worker-1",
  "/apis/scheduling.k8s.io/v1/priorityclasses/high",
  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/admins",
];

async function cluster() {
  const fake = await FakeApiServer.start();
  for (const path of own) fake.put(path, { spec: { nodeName: "worker-1" } });
  fake.put("/api/v1/nodes/sim-1", { metadata: { name: "sim-1", labels: { "nodeforge.local/simulated": "small" } } });
  const before = new Map(fake.objects);
  const control = new FakeSwitch(fake);
  const stop = new AbortController();
  /** Node selector of each pod of the backlog. */
  const selectors: unknown[] = [];
  control.before = (call) => {
    if (call !== "activate a") return;
    for (const name of fake.names(pods)) selectors.push(fake.objects.get(`${pods}/${name}`)?.spec?.["nodeSelector"]);
  };
  const repetitions: Repetition[] = [];
  const unrestored: string[] = [];
  const measure = (scenario: PreparedScenario, simulation?: Simulation) =>
    measureOnCluster(
      scenario,
      { server: fake.server, administrator: { token: "admin" }, control, podRange: "10.0.255.0/24", simulation },
      {
        onRepetition: (repetition) => Promise.resolve(void repetitions.push(repetition)),
        onUnrestored: (sentence) => unrestored.push(sentence),
      },
      stop.signal,
    );
  return { fake, before, control, stop, selectors, repetitions, unrestored, measure };
}

describe("a benchmark on a cluster", () => {
  test("measures each scheduler, and leaves the cluster as it was", async () => {
    const { fake, before, control, repetitions, unrestored, measure } = await cluster();
    const pod = (index: number) => podNamed(`pod-${index}`, { priority: 1 });
    const priorities = create(0, { pods: { count: 3, namespace: "a", pod } });
    await measure(prepared({}, priorities));
    expect(repetitions.map(({ number, scheduler }) => [number, scheduler])).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    for (const repetition of repetitions) {
      expect(repetition.void).toBeUndefined();
      expect(repetition.pods).toHaveLength(3);
      expect(repetition.nodes.map(({ name }) => name)).toEqual(["bench-0", "bench-1"]);
      expect(repetition.scrapes.map(({ when }) => when)).toEqual(["before", "after"]);
      expect(repetition.journal).toBe("the journal\n");
    }
    const runs = ["a", "b"].flatMap((name) => [`pause ${name}`, `activate ${name}`]);
    expect(control.calls).toEqual(["restore", "provide a", "provide b", ...runs, "restore"]);
    expect(unrestored).toEqual([]);
    expect(fake.objects).toEqual(before);
    expect(fake.count(/^(DELETE|POST) .*(shop|worker-1|sim-1|high|admins)/)).toBe(0);
  });

  test.each([
    [true, { "nodeforge.local/simulated": "bench" }],
    [false, undefined],
  ])("keeps its pods from other nodes where there are any: %j", async (hasOthers, selector) => {
    const { fake, selectors, measure } = await cluster();
    if (!hasOthers) for (const name of ["worker-1", "sim-1"]) fake.objects.delete(`/api/v1/nodes/${name}`);
    await measure(prepared({ schedulers: [{ name: "a" }] }));
    expect(selectors).toEqual(Array(3).fill(selector));
  });

  test("sends its load with an identity of its own, which the administrator makes", async () => {
    const { fake, measure } = await cluster();
    await measure(prepared({ schedulers: [{ name: "a" }] }));
    const senders = (pattern: RegExp) => new Set(fake.tokens.filter((_, index) => pattern.test(fake.requests[index]!)));
    expect(senders(/^POST .*\/(pods|nodes|namespaces)$/)).toEqual(new Set(["token of nodeforge-bench"]));
    expect(senders(/^(POST|DELETE) .*(flowschemas|clusterrolebindings|\/kube-system\/)/)).toEqual(new Set(["admin"]));
  });

  test("deletes what a killed benchmark left", async () => {
    const { fake, before, repetitions, measure } = await cluster();
    const labels = { "nodeforge.local/bench": "true" };
    fake.put("/api/v1/namespaces/a", { metadata: { name: "a", labels } });
    fake.put("/api/v1/namespaces/a/serviceaccounts/default");
    fake.put("/api/v1/namespaces/a/pods/pod-0", { spec: {} });
    fake.put("/api/v1/nodes/bench-9", {
      metadata: { name: "bench-9", labels: { "nodeforge.local/simulated": "bench" } },
    });
    const churned = { ...labels, "nodeforge.local/simulated": "churn" };
    fake.put("/api/v1/nodes/churn-0-1", { metadata: { name: "churn-0-1", labels: churned } });
    await measure(prepared({ schedulers: [{ name: "a" }] }));
    expect(repetitions.map((repetition) => repetition.void)).toEqual([undefined]);
    expect(fake.objects).toEqual(before);
  });

  test("deletes the nodes of a churn after each repetition, and they are none of the measured ones", async () => {
    const { fake, before, repetitions, measure } = await cluster();
    const status = { allocatable: { cpu: "2" }, conditions: [{ type: "Ready", status: "True" }] };
    fake.put("/api/v1/nodes/worker-1", { status });
    before.set("/api/v1/nodes/worker-1", fake.objects.get("/api/v1/nodes/worker-1")!);
    const churn: Operation = {
      ...{ opcode: "churn", mode: "create", number: 0, intervalMilliseconds: 5, namespace: "a" },
      templates: [() => ({ apiVersion: "v1", kind: "Node", metadata: {}, status })],
    };
    for (const real of ["exclude", "only"] as const) {
      await measure(prepared({ nodes: { real, pods: "bind" } }, churn, { opcode: "sleep", seconds: 0.05 }, create(3)));
    }
    // Two of them are the benchmark's own.
    expect(fake.count(/^POST .*\/nodes$/)).toBeGreaterThan(2);
    expect(repetitions.map((repetition) => repetition.void)).toEqual(Array(4).fill(undefined));
    const names = repetitions.map(({ nodes }) => nodes.map(({ name }) => name));
    expect(names.map(String)).toEqual(["bench-0,bench-1", "bench-0,bench-1", "worker-1", "worker-1"]);
    expect(fake.objects).toEqual(before);
  });

  test("that is interrupted in the middle restores and cleans, and keeps what it measured", async () => {
    const { fake, before, control, stop, repetitions, unrestored, measure } = await cluster();
    control.before = (call) => {
      if (call === "pause b") stop.abort(new Error("the benchmark was interrupted"));
    };
    await expect(measure(prepared())).rejects.toThrow("the benchmark was interrupted");
    expect(repetitions.map(({ scheduler }) => scheduler)).toEqual(["a"]);
    expect(control.calls.at(-1)).toBe("restore");
    expect(unrestored).toEqual([]);
    expect(fake.objects).toEqual(before);
    expect(fake.active).toBe(true);
  });

  test("that is interrupted before its beginning creates nothing", async () => {
    const { fake, control, stop, measure } = await cluster();
    stop.abort(new Error("the benchmark was interrupted"));
    await expect(measure(prepared())).rejects.toThrow("the benchmark was interrupted");
    expect(fake.count(/^POST/)).toBe(0);
    expect(control.calls).toEqual(["restore", "provide a", "provide b", "restore"]);
  });

  test("restores the rest after a step that fails, and names the step", async () => {
    const { fake, before, control, unrestored, measure } = await cluster();
    let restores = 0;
    control.before = (call) => {
      if (call === "restore" && ++restores > 1) throw new Error("no route");
    };
    await measure(prepared({ schedulers: [{ name: "a" }] }));
    expect(unrestored).toEqual([
      "could not start the shipped scheduler: no route. Fix: run a benchmark again, which begins with these steps",
    ]);
    expect(fake.objects).toEqual(before);
  });

  test("restores also when it cannot reach the API server", async () => {
    const { fake, control, unrestored, measure } = await cluster();
    fake.refuse = () => 401;
    await expect(measure(prepared())).rejects.toThrow("401");
    expect(control.calls.at(-1)).toBe("restore");
    expect(unrestored.map((sentence) => sentence.split(":")[0])).toEqual([
      "could not delete the benchmark's pods",
      "could not delete the simulated nodes",
      "could not delete the benchmark's namespaces",
      "could not delete the generator's identity",
    ]);
  });

  test("simulates nodes from before the first one until after the last one", async () => {
    const { fake, before, unrestored, measure } = await cluster();
    const changes = /^(POST|DELETE) .*\/nodes(\/|$)/;
    const seen: number[] = [];
    const note = () => Promise.resolve(void seen.push(fake.count(changes)));
    await measure(prepared({ schedulers: [{ name: "a" }] }), { start: note, stop: note });
    // Two nodes are created and deleted.
    expect(seen).toEqual([0, 4]);
    expect(unrestored).toEqual([]);
    expect(fake.objects).toEqual(before);
  });

  test("that cannot start the simulation ends it, creates no node, and names a failed end", async () => {
    const { fake, before, unrestored, measure } = await cluster();
    const simulation: Simulation = {
      start: () => Promise.reject(new Error("no kwok")),
      stop: () => Promise.reject(new Error("no route")),
    };
    await expect(measure(prepared(), simulation)).rejects.toThrow("no kwok");
    expect(unrestored).toEqual([
      "could not stop the simulation of nodes: no route. Fix: run a benchmark again, which begins with these steps",
    ]);
    expect(fake.objects).toEqual(before);
  });

  test("on real workers creates no node", async () => {
    const { fake, selectors, repetitions, measure } = await cluster();
    const status = { allocatable: { cpu: "2" }, conditions: [{ type: "Ready", status: "True" }] };
    fake.put("/api/v1/nodes/worker-1", { status });
    await measure(prepared({ schedulers: [{ name: "a" }], nodes: { real: "only", pods: "run" } }));
    expect(repetitions.map(({ nodes }) => nodes.map(({ name }) => name))).toEqual([["worker-1"]]);
    expect(fake.count(/^(POST|DELETE) .*\/nodes(\/|$)/)).toBe(0);
    expect(selectors).toEqual(Array(3).fill(undefined));
  });

  test.each([
    ["is not Ready", { status: { conditions: [{ type: "Ready", status: "False" }] } }],
    ["is cordoned", { spec: { unschedulable: true }, status: { conditions: [{ type: "Ready", status: "True" }] } }],
  ])("on real workers is refused before its first repetition where the only one %s", async (_name, worker) => {
    const { fake, control, repetitions, measure } = await cluster();
    fake.put("/api/v1/nodes/worker-1", worker);
    await expect(measure(prepared({ nodes: { real: "only", pods: "run" } }))).rejects.toThrow(
      "the cluster has no Ready worker that accepts pods, expected at least one, because nodes.real is only. Fix: look at ",
    );
    expect(repetitions).toEqual([]);
    expect(control.calls).toEqual(["restore", "provide a", "provide b", "restore"]);
  });
});
