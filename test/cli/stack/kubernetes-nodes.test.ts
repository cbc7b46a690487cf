import { describe, expect, test } from "vitest";
import { isReady, kubernetesNodes, nodesIn } from "../../../cli/stack/kubernetes-nodes.ts";

const worker = {
  metadata: {
    name: "worker-node-1",
    labels: { "nodeforge.local/pool": "workers" },
    creationTimestamp: "2026-11-27T00:00:00Z",
  },
  spec: { unschedulable: true },
  status: {
    conditions: [
      { type: "MemoryPressure", status: "False" },
      { type: "Ready", status: "True" },
    ],
    addresses: [
      { type: "Hostname", address: "worker-node-1" },
      { type: "InternalIP", address: "192.168.222.101" },
    ],
    nodeInfo: { kubeletVersion: "v1.36.3" },
  },
};

/** Statuses of Nodes with these conditions. */
const statuses = (...conditions: readonly object[]) =>
  nodesIn({ items: conditions.map((each) => ({ metadata: { name: "a" }, status: { conditions: [each] } })) }).map(
    ({ status }) => status,
  );

describe("a Node", () => {
  test("has every fact of its object", () => {
    expect(nodesIn({ items: [worker] })).toEqual([
      {
        name: "worker-node-1",
        status: "Ready,SchedulingDisabled",
        version: "v1.36.3",
        address: "192.168.222.101",
        pool: "workers",
        created: Date.parse("2026-11-27T00:00:00Z"),
      },
    ]);
  });

  test("lacks what its object lacks, and is not Ready then", () => {
    const bare = { status: "NotReady", version: "", address: undefined, pool: undefined, created: undefined };
    const [first, second] = nodesIn({
      items: [{ metadata: { name: "a" } }, { metadata: { name: "b", creationTimestamp: "today" } }],
    });
    expect([first, second]).toEqual([
      { name: "a", ...bare },
      { name: "b", ...bare },
    ]);
  });

  test("is Ready only where the condition Ready is true", () => {
    const found = statuses(
      { type: "Ready", status: "True" },
      { type: "Ready", status: "Unknown" },
      { type: "DiskPressure", status: "True" },
    );
    expect(found).toEqual(["Ready", "NotReady", "NotReady"]);
    expect([...found, "Ready,SchedulingDisabled", "NotReady,SchedulingDisabled"].map(isReady)).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});

describe("the list of Nodes", () => {
  test("is asked for without the simulated ones", async () => {
    const asked: string[] = [];
    const nodes = await kubernetesNodes((...args) => {
      asked.push(args.join(" "));
      return Promise.resolve(JSON.stringify({ items: [worker, worker] }));
    });
    expect(nodes.map(({ name }) => name)).toEqual(["worker-node-1", "worker-node-1"]);
    expect(asked).toEqual(["get nodes --selector !nodeforge.local/simulated --output json"]);
  });

  test.each([[{}], [{ items: [{}] }], [{ items: [{ ...worker, status: { conditions: "none" } }] }], ["text"]])(
    "is refused as %j",
    (answer) => expect(() => nodesIn(answer)).toThrow(/^the API server's list of nodes: .* Fix: run the command again/),
  );

  test("is refused where kubectl prints no JSON", async () => {
    await expect(kubernetesNodes(() => Promise.resolve(""))).rejects.toThrow(
      "the API server's list of nodes: expected JSON, got nothing. Fix: ",
    );
  });
});
