import { describe, expect, test } from "vitest";
import { drawCluster, type DrawSources } from "../../../cli/graph/draw-cluster.ts";
import { urn } from "../../support/urn.ts";
import { drawnState, nodeStates } from "./drawn-state.ts";

const draw = (changes: Partial<DrawSources> = {}) =>
  drawCluster({ stack: "lab", state: drawnState(), live: nodeStates(), fold: 8, ...changes });

const kinds = (graph: ReturnType<typeof draw>) => graph.boxes.map(({ kind }) => kind);
const named = (graph: ReturnType<typeof draw>, name: string) => graph.boxes.find(({ lines }) => lines[0] === name);

describe("the drawing of a cluster", () => {
  test("has each part once, and folds a large pool", () => {
    const graph = draw();
    expect(graph.title).toBe("cluster lab of stack lab");
    expect(kinds(graph)).toEqual([
      ...["hypervisor", "network", "storage-pool", "base-image", "control-plane", "workers"],
      ...["worker", "worker", "simulated"],
    ]);
    expect(graph.frames.map(({ name }) => name)).toEqual(["worker pool bench", "worker pool general"]);
    expect(named(graph, "qemu:///system")?.lines).toEqual(["qemu:///system", "hypervisor"]);
    expect(named(graph, "lab-net")?.lines).toEqual(["lab-net", "network", "192.168.222.0/24"]);
    expect(named(graph, "nodeforge-lab")?.lines[2]).toBe("/var/lib/libvirt/nodeforge/lab");
    expect(named(graph, "master")).toMatchObject({
      condition: "ready",
      lines: ["master", "control plane", "192.168.222.10", "machine running, node Ready"],
    });
    expect(named(graph, "12 workers")).toMatchObject({
      condition: "ready",
      lines: ["12 workers", "worker-bench-1 … worker-bench-12", "12: machine running, node Ready"],
    });
    expect(named(graph, "sim")).toMatchObject({ condition: "unknown", lines: ["sim", "900 simulated nodes"] });
  });

  test("has an arrow for each use", () => {
    expect(draw().arrows.map(({ from, to, label = "" }) => `${from} ${to} ${label}`.trim())).toEqual([
      ...["hypervisor0 network0", "hypervisor0 storagepool0", "storagepool0 baseimage0"],
      ...["network0 controlplane0", "baseimage0 controlplane0 overlay 20 GiB"],
      ...["storagepool0 controlplane0 data disk 8 GiB"],
      ...["network0 workers0", "baseimage0 workers0 12 overlays 10 GiB"],
      ...["network0 worker1x0", "baseimage0 worker1x0 overlay 10 GiB"],
      ...["network0 worker1x1", "baseimage0 worker1x1 overlay 10 GiB"],
      "controlplane0 simulated0 kwok",
    ]);
  });

  test("has the size to which a run has grown the data disk, before a refresh", () => {
    const state = drawnState();
    const command = urn("nodeforge:index:Master$command:local:Command", "lab-master-data-growth");
    const growth = { urn: command, type: "command:local:Command", inputs: { environment: { SIZE_GIB: "12" } } };
    const { arrows } = draw({ state: { ...state, resources: [...state.resources, growth] } });
    expect(arrows.map(({ label }) => label)).toContain("data disk 12 GiB");
  });

  test("draws a pool of exactly the limit node by node, and one node more as one box", () => {
    const count = (fold: number) => kinds(draw({ fold })).filter((kind) => kind === "worker").length;
    expect([count(12), count(11), count(2), count(1), count(0)]).toEqual([14, 2, 2, 0, 0]);
    expect(kinds(draw({ fold: 12 }))).not.toContain("workers");
  });

  test("has no workers and no simulated nodes where the stack has none", () => {
    const graph = draw({ state: drawnState({ pools: {}, simulated: {} }) });
    expect(kinds(graph)).toEqual(["hypervisor", "network", "storage-pool", "base-image", "control-plane"]);
    expect(graph.frames).toEqual([]);
  });

  test("names a network and a storage pool that existed before", () => {
    const graph = draw({ state: drawnState({ existing: true }) });
    expect(named(graph, "lab-net")?.lines).toEqual(["lab-net", "network", "existed before"]);
    expect(named(graph, "nodeforge-lab")?.lines[2]).toBe("existed before");
    expect(graph.arrows.filter(({ from }) => from === "hypervisor0")).toHaveLength(2);
  });

  test("has neither the query of the hypervisor's URI nor a resource that waits for its deletion", () => {
    const { pending, resources } = drawnState();
    const old = resources.find(({ type }) => type === "nodeforge:index:BaseImage")!;
    const graph = draw({
      state: {
        pending,
        resources: [
          ...resources.map((resource) =>
            resource.id === "1"
              ? { ...resource, inputs: { uri: "qemu+ssh://me@host/system?keyfile=/home/me/k" } }
              : resource,
          ),
          { ...old, urn: `${old.urn}-old`, delete: true },
        ],
      },
    });
    expect(named(graph, "qemu+ssh://me@host/system")).toBeDefined();
    expect(JSON.stringify(graph)).not.toContain("keyfile");
    expect(kinds(graph).filter((kind) => kind === "base-image")).toHaveLength(1);
  });

  test("is refused for a stack without a cluster", () => {
    expect(() => draw({ state: { resources: [], pending: [] } })).toThrow(
      "stack lab has no cluster to draw. Fix: npm run up -- --stack lab",
    );
  });
});

describe("the condition of a node", () => {
  const master = (live?: object) =>
    named(draw({ live: live === undefined ? undefined : new Map([["master", live]]) }), "master");

  test.each([
    [{ machine: "running", node: "Ready" }, "ready", "machine running, node Ready"],
    [
      { machine: "running", node: "Ready,SchedulingDisabled" },
      "ready",
      "machine running, node Ready, SchedulingDisabled",
    ],
    [{ machine: "running", node: "NotReady" }, "not-ready", "machine running, node NotReady"],
    [{ machine: "running", node: "missing" }, "not-ready", "machine running, node missing"],
    [{ machine: "off", node: "Ready" }, "off", "machine off, node Ready"],
    [{ machine: "paused", node: "NotReady" }, "off", "machine paused, node NotReady"],
    [{ machine: "missing", node: "NotReady" }, "missing", "machine missing, node NotReady"],
    [{ machine: "running" }, "unknown", "machine running, node unknown"],
    [{ node: "Ready" }, "ready", "machine unknown, node Ready"],
  ])("of %j is %s", (live, condition, words) => {
    expect(master(live)).toMatchObject({ condition, lines: ["master", "control plane", "192.168.222.10", words] });
  });

  test("is unknown without a word where nothing was asked", () => {
    expect(master()).toMatchObject({ condition: "unknown", lines: ["master", "control plane", "192.168.222.10"] });
  });

  test("is missing where the state has no machine, also when nothing is asked", () => {
    const { pending, resources } = drawnState({ pools: {} });
    const without = { pending, resources: resources.filter(({ id }) => id !== "id-master") };
    expect(named(draw({ state: without, live: undefined }), "master")).toMatchObject({
      condition: "missing",
      lines: ["master", "control plane", "machine not created"],
    });
  });

  test("of a folded pool is the worst one, with a count for each state", () => {
    const pool = (others: Parameters<typeof nodeStates>[0]) => named(draw({ live: nodeStates(others) }), "12 workers");
    expect(pool({ "worker-bench-3": { machine: "running", node: "NotReady" } })).toMatchObject({
      condition: "not-ready",
      lines: [
        ...["12 workers", "worker-bench-1 … worker-bench-12"],
        ...["11: machine running, node Ready", "1: machine running, node NotReady"],
      ],
    });
    expect(pool({ "worker-bench-3": { machine: "off" }, "worker-bench-4": { machine: "missing" } })?.condition).toBe(
      "missing",
    );
    expect(pool({ "worker-bench-3": {} })).toMatchObject({
      condition: "unknown",
      lines: ["12 workers", "worker-bench-1 … worker-bench-12", "11: machine running, node Ready"],
    });
  });
});
