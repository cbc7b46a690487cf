import { describe, expect, onTestFinished, test } from "vitest";
import { candidateNodes, createNodes, deleteNodes, nodesDigest } from "../../../../cli/bench/run/bench-nodes.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { node } from "../metrics/repetitions.ts";
import { FakeApiServer } from "./fake-api-server.ts";

const range = "10.0.255.0/24";
const ready = { conditions: [{ type: "Ready", status: "True" }] };
const signal = () => new AbortController().signal;

const operation = (count: number, metadata: object = {}, others: object = {}) => ({
  ...{ opcode: "createNodes" as const, count },
  node: () => ({ apiVersion: "v1", kind: "Node", metadata: { ...metadata }, ...others }),
});

async function connected() {
  const fake = await FakeApiServer.start();
  const connection = new Connection(fake.server);
  onTestFinished(() => connection[Symbol.dispose]());
  return { fake, connection };
}

describe("the simulated nodes of a benchmark", () => {
  test("have a name, the labels and taint of simulated nodes, and their own ones", async () => {
    const { fake, connection } = await connected();
    fake.put("/api/v1/nodes/worker-1");
    const taint = { key: "own", effect: "NoSchedule" };
    const capacity = { cpu: "4", memory: "1Gi", pods: "110" };
    const own = operation(1, { labels: { zone: "a" } }, { spec: { taints: [taint] }, status: { capacity } });
    const isConfined = await createNodes(connection, [operation(1, { name: "gpu" }), own], range, signal());
    expect(isConfined).toBe(true);
    expect(fake.names("/api/v1/nodes")).toEqual(["bench-1", "gpu", "worker-1"]);
    const { metadata, spec, status } = fake.objects.get("/api/v1/nodes/bench-1")!;
    const label = { "nodeforge.local/simulated": "bench" };
    expect(metadata.labels).toEqual({ zone: "a", "kubernetes.io/hostname": "bench-1", ...label });
    const simulated = { key: "kwok.x-k8s.io/node", value: "fake", effect: "NoSchedule" };
    expect(spec).toEqual({ podCIDR: range, podCIDRs: [range], taints: [simulated, taint] });
    expect(status).toMatchObject({ capacity, allocatable: capacity });
  });

  test("have no taint of simulated nodes in a cluster without other nodes, also after a killed benchmark", async () => {
    const { fake, connection } = await connected();
    const labels = { "nodeforge.local/simulated": "bench" };
    fake.put("/api/v1/nodes/bench-0", { metadata: { name: "bench-0", labels }, spec: { taints: [{ key: "old" }] } });
    const taints = [{ key: "own", effect: "NoSchedule" }];
    expect(await createNodes(connection, [operation(1, {}, { spec: { taints } })], range, signal())).toBe(false);
    expect(fake.objects.get("/api/v1/nodes/bench-0")?.spec).toMatchObject({ taints });
  });

  test("replace those of a killed benchmark, and no others", async () => {
    const { fake, connection } = await connected();
    fake.put("/api/v1/nodes/worker-1");
    fake.put("/api/v1/nodes/sim-1", { metadata: { name: "sim-1", labels: { "nodeforge.local/simulated": "small" } } });
    await createNodes(connection, [operation(3)], range, signal());
    await createNodes(connection, [operation(2)], range, signal());
    expect(fake.names("/api/v1/nodes")).toEqual(["bench-0", "bench-1", "sim-1", "worker-1"]);
    await deleteNodes(connection);
    expect(fake.names("/api/v1/nodes")).toEqual(["sim-1", "worker-1"]);
  });

  test("have the limits of volumes of their operation, and lose them with it", async () => {
    const { fake, connection } = await connected();
    const csiNodes = "/apis/storage.k8s.io/v1/csinodes";
    fake.put(`${csiNodes}/worker-1`);
    const volumeLimits = { drivers: { "ebs.csi.aws.com": 39 }, migratedPlugins: ["kubernetes.io/aws-ebs"] };
    await createNodes(connection, [operation(1), { ...operation(1), volumeLimits }], range, signal());
    expect(fake.names(csiNodes)).toEqual(["bench-1", "worker-1"]);
    expect(fake.objects.get(`${csiNodes}/bench-1`)).toMatchObject({
      metadata: { annotations: { "storage.alpha.kubernetes.io/migrated-plugins": "kubernetes.io/aws-ebs" } },
      spec: { drivers: [{ name: "ebs.csi.aws.com", nodeID: "bench-1", allocatable: { count: 39 } }] },
    });
    await deleteNodes(connection);
    expect(fake.names(csiNodes)).toEqual(["worker-1"]);
  });

  test("are none in a workload without them", async () => {
    const { fake, connection } = await connected();
    await createNodes(connection, [], range, signal());
    expect(fake.count(/^POST/)).toBe(0);
  });

  test("are waited for until all are Ready, at most to the signal", async () => {
    const { fake, connection } = await connected();
    fake.isReady = false;
    await expect(createNodes(connection, [operation(1)], range, AbortSignal.timeout(60))).rejects.toThrow();
    expect(fake.names("/api/v1/nodes")).toEqual(["bench-0"]);
  });
});

describe("the nodes that pods may get", () => {
  const labels = { "nodeforge.local/simulated": "bench" };

  async function candidates(real: boolean) {
    const { fake, connection } = await connected();
    const put = (name: string, own: Readonly<Record<string, string>>, changes: object = {}) =>
      fake.put(`/api/v1/nodes/${name}`, { metadata: { name, labels: own }, status: ready, ...changes });
    const allocatable = { cpu: "500m", memory: "1Ki" };
    put("bench-0", labels, { status: { ...ready, allocatable } });
    put("bench-new", labels, { spec: { taints: [{ key: "node.kubernetes.io/not-ready" }] } });
    put("bench-off", labels, { status: { conditions: [{ type: "Ready", status: "False" }] } });
    put("worker-1", {}, { spec: { taints: [{ key: "own" }] } });
    put("worker-2", {}, { spec: { unschedulable: true } });
    put("master", { "node-role.kubernetes.io/control-plane": "" });
    put("sim-1", { "nodeforge.local/simulated": "small" });
    return candidateNodes(connection, real);
  }

  test("are the benchmark's own that are Ready, with numbers for their amounts", async () => {
    expect(await candidates(false)).toEqual([node("bench-0", { cpu: 0.5, memory: 1024 }, labels)]);
  });

  test("are the real workers that are Ready, without the control plane", async () => {
    expect(await candidates(true)).toEqual([node("worker-1", {})]);
  });
});

describe("the digest of nodes", () => {
  const nodes = [node("a", { cpu: 1, memory: 2 }, { x: "1", y: "2" }), node("b", {})];

  test("has no order", () => {
    const other = [node("b", {}), node("a", { memory: 2, cpu: 1 }, { y: "2", x: "1" })];
    expect(nodesDigest(other)).toBe(nodesDigest(nodes));
  });

  test.each([
    [[nodes[0]!]],
    [[...nodes, node("c", {})]],
    [[node("a", { cpu: 2, memory: 2 }, { x: "1", y: "2" }), node("b", {})]],
    [[node("a", { cpu: 1, memory: 2 }, { x: "1" }), node("b", {})]],
    [[]],
  ])("tells other nodes apart: %#", (other) => {
    expect(nodesDigest(other)).not.toBe(nodesDigest(nodes));
  });
});
