import { describe, expect, test } from "vitest";
import type { Operation } from "../../../../cli/bench/workload/operation.ts";
import { create, podNamed, pods, stageOf } from "./stage.ts";

const quiet = { collectMetrics: false, skipWaitToCompletion: true };

const churn = (changes: object): Operation => ({
  ...{ opcode: "churn", mode: "create", number: 0, intervalMilliseconds: 5, namespace: "churned" },
  templates: [(index) => podNamed(`churn-${index}`)],
  ...changes,
});

const sleep = (seconds: number): Operation => ({ opcode: "sleep", seconds });

describe("churn", () => {
  const churned = "/api/v1/namespaces/churned/pods";

  test("creates objects until the workload ends, and none of them is measured", async () => {
    const { fake, run, tracker } = await stageOf();
    await run(churn({}), sleep(0.4), create(1));
    const made = fake.names(churned).length;
    expect(made).toBeGreaterThan(2);
    expect(tracker.measured().map(({ name }) => name)).toEqual(["pod-0"]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(fake.names(churned)).toHaveLength(made);
    expect(fake.count(/^DELETE/)).toBe(0);
  });

  test("recreates at most a number of each template", async () => {
    const { fake, run } = await stageOf();
    const templates = [(index: number) => podNamed(`a-${index}`), (index: number) => podNamed(`b-${index}`)];
    await run(churn({ mode: "recreate", number: 2, templates }), sleep(0.1), create(1));
    expect(fake.names(churned)).toHaveLength(4);
    expect(fake.names(churned).filter((name) => name.startsWith("a-"))).toHaveLength(2);
    expect(fake.count(/^DELETE .*churned/)).toBeGreaterThan(1);
  });

  test("of nodes makes them simulated ones, so that no other pod lands there", async () => {
    const { fake, run } = await stageOf();
    const metadataOf = (index: number) => ({ name: `node-${index}`, labels: { zone: "a" } });
    const node = (index: number) => ({ apiVersion: "v1", kind: "Node", metadata: metadataOf(index) });
    await run(churn({ templates: [node] }), sleep(0.02), create(1));
    const { metadata, spec } = fake.objects.get("/api/v1/nodes/node-0")!;
    const own = { "nodeforge.local/bench": "true", "nodeforge.local/simulated": "churn" };
    expect(metadata.labels).toEqual({ zone: "a", ...own });
    expect(spec?.taints).toEqual([{ key: "kwok.x-k8s.io/node", value: "fake", effect: "NoSchedule" }]);
  });

  test("of other objects gives them no label of simulated nodes", async () => {
    const { fake, run } = await stageOf();
    await run(churn({}), sleep(0.02), create(1));
    const labels = fake.names(churned).map((name) => fake.objects.get(`${churned}/${name}`)?.metadata.labels);
    expect(labels.length).toBeGreaterThan(0);
    expect(labels).toEqual(labels.map(() => ({ "nodeforge.local/bench": "true" })));
  });

  test("that is refused fails the workload", async () => {
    const { fake, run } = await stageOf();
    fake.refuse = (method, path) => (method === "POST" && path === churned ? 403 : undefined);
    await expect(run(churn({}), sleep(0.03), create(1))).rejects.toThrow(`POST ${churned}: 403`);
  });
});

describe("a steady state", () => {
  test("replaces each pod that gets a node, for some time", async () => {
    const { fake, run, tracker, steps } = await stageOf({ arrival: "backlog" });
    await run(create(2, { steadyStateSeconds: 1 }));
    expect(tracker.measured().length).toBeGreaterThan(4);
    expect(fake.names(pods)).toHaveLength(2);
    expect(steps.map((step) => step.split(" ")[0])).toEqual(["activate", "start", "end"]);
  });

  test("fails at its end when a replacement is refused", async () => {
    const { fake, run } = await stageOf();
    fake.refuse = (method, path) => (method === "POST" && path === pods && fake.count(/^DELETE/) > 0 ? 403 : undefined);
    await expect(run(create(2, { steadyStateSeconds: 0.05 }))).rejects.toThrow("403");
  });
});

describe("a replay", () => {
  const replay = (...events: Extract<Operation, { opcode: "replay" }>["events"]): Operation => ({
    ...{ opcode: "replay", namespace: "a" },
    events,
  });

  test("creates and deletes pods at their times", async () => {
    const { fake, run, tracker } = await stageOf();
    const events = [
      { at: 0, create: podNamed("early") },
      { at: 0.06, remove: "early" },
      { at: 0.06, remove: "missing" },
      { at: 0.06, create: podNamed("late") },
    ];
    const { start } = await run(replay(...events));
    expect(fake.names(pods)).toEqual(["late"]);
    const [early, late, ...more] = tracker.measured();
    expect(more).toEqual([]);
    expect(early!.created).toBeGreaterThanOrEqual(start);
    expect(late!.created - start).toBeGreaterThan(55);
    expect(early!.deleted! - start).toBeGreaterThan(55);
  });

  test("fails when a pod is refused, also while others are to come", async () => {
    const { fake, run } = await stageOf();
    fake.refuse = (method, path) => (method === "POST" && path === pods ? 422 : undefined);
    const events = [
      { at: 0, create: podNamed("early") },
      { at: 0.05, create: podNamed("late") },
    ];
    await expect(run(replay(...events))).rejects.toThrow(`POST ${pods}: 422`);
    await expect.poll(() => fake.count(/^POST .*pods/)).toBe(2);
  });
});

describe("a workload", () => {
  test("that is interrupted ends, with its churn", async () => {
    const stop = new AbortController();
    const { fake, run } = await stageOf({ signal: stop.signal });
    fake.schedule = () => undefined;
    const done = run(churn({}), create(1));
    setTimeout(() => stop.abort(new Error("stopped")), 40);
    await expect(done).rejects.toThrow("stopped");
    const sent = fake.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(fake.requests).toHaveLength(sent);
  });

  test.each([
    ["a wait", [create(1)]],
    ["a sleep", [create(1, quiet), sleep(3), { opcode: "startCollectingMetrics", name: "", namespaces: [] }]],
    ["a steady state", [create(1, { steadyStateSeconds: 3 })]],
  ] as const)("fails when every watch ends during %s", async (_name, operations) => {
    const { fake, run } = await stageOf();
    fake.schedule = () => undefined;
    const failed = expect(run(...(operations as readonly Operation[]))).rejects.toThrow(
      "ended 20 watches of the pods before an event",
    );
    await expect.poll(() => [fake.watching, fake.names(pods)], { interval: 5 }).toEqual([1, ["pod-0"]]);
    fake.keepsWatches = false;
    fake.endWatches();
    await failed;
  });

  test("goes on when the watch ends once", async () => {
    const { fake, run, tracker } = await stageOf({ start: () => Promise.resolve() });
    fake.active = false;
    const done = run(create(3));
    await expect.poll(() => [fake.watching, fake.names(pods).length], { interval: 5 }).toEqual([1, 3]);
    fake.endWatches();
    fake.active = true;
    await done;
    expect(tracker.measured().map(({ node }) => node)).toEqual(Array(3).fill("node-0"));
    expect(fake.count(/watch=true/)).toBe(2);
  });
});
