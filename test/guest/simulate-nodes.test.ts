import { describe, expect, it } from "vitest";
import { simulationInput } from "../../addons/simulated-nodes.ts";
import type { SimulatedPool } from "../../config/simulated-nodes.ts";
import { TestNode } from "./node.ts";

/**
 * The file `nodes` has a line for each Node: its name, and for a simulated one the digest of its content and its pool. Every
 * simulated Node is Ready, and one of them has the taint TAINT. Without KWOK, the image has no kwok.
 */
const programs = `
kubectl() {
  case "$*" in
  *"get --raw /api/v1/nodes?labelSelector=nodeforge.local/simulated"*)
    printf '{"taints":[%s],"conditions":[' "\${TAINT-}"
    sed -n 's/.* [^ ].*/{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}/p' "$FOLDER/nodes" ;;
  *"get nodes -l nodeforge.local/simulated -o jsonpath="*) sed -n 's/ [^ ].*//p' "$FOLDER/nodes" ;;
  *"get nodes -o jsonpath="*) cat "$FOLDER/nodes" ;;
  "create "* | "delete "*)
    local objects
    objects=$(cat)
    [[ -n $objects ]] || { echo "error: no objects passed to $1" >&2 && return 1; }
    echo "$objects" >>"$FOLDER/sent"
    ;;
  esac
}
# split starts this shell.
export -f kubectl
export SHELL=/bin/bash
systemctl() { note "systemctl $*"; }
command() { [[ -n \${KWOK-yes} ]]; }
`;

const big: SimulatedPool = {
  name: "big",
  count: 3,
  cpu: 4,
  memoryMiB: 1024,
  pods: 10,
  extendedResources: { "example.com/gpu": 2 },
  labels: { tier: "a" },
  taints: [{ key: "t", effect: "NoExecute" }],
  zones: ["a", "b"],
};
const small = { ...big, name: "small", count: 1 };

/** Digest of the content of a pool's nodes. */
const contentOf = (pool: SimulatedPool) => inputOf(pool).split(" ")[2]!;
const inputOf = (...pools: SimulatedPool[]) =>
  simulationInput({ pools, stages: undefined, leaseSeconds: 120 }, "10.244.0.0/16");

/** Runs the script against a cluster with these simulated nodes. */
function simulate(present: readonly string[], pools: readonly SimulatedPool[], environment = {}) {
  const node = new TestNode(programs);
  node.write("nodes", present.map((line) => `${line}\n`).join(""));
  node.write("image.json", '{"contract": 2}');
  node.write("nodeforge/.keep", "");
  node.write("sent", "");
  const call = { script: "simulate-nodes", parameters: { READY_TIMEOUT_SECONDS: 0 } } as const;
  const outcome = node.run(call, environment, inputOf(...pools));
  const sent = node
    .read("sent")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { metadata: { name: string; labels?: Record<string, string> } })
    // Several kubectl send the objects. A deletion has no labels, and comes before the creations.
    .sort(({ metadata: one }, { metadata: other }) => {
      const isCreation = Number(one.labels !== undefined) - Number(other.labels !== undefined);
      return isCreation || one.name.localeCompare(other.name);
    });
  return { ...outcome, node, sent, calls: node.calls };
}

describe("the simulated nodes of a cluster", () => {
  const real = ["master  ", "worker-node-1  "];
  const present = [...real, ...[1, 2, 3].map((number) => `big-${number} ${contentOf(big)} big`)];

  it("are none where no pool is desired, and kwok is started for those of a benchmark", () => {
    const { status, stdout, sent, calls } = simulate(real, []);
    expect([status, sent, calls]).toEqual([0, [], ["systemctl restart kwok"]]);
    expect(stdout).toMatch(/^\{"nodes":0,"seconds":\d+\}\n$/);
  });

  it("are created with their resources, taints and zones, and kwok is started", () => {
    const { sent, calls, node, stderr } = simulate([], [big]);
    expect(sent.map(({ metadata }) => metadata.name)).toEqual(["big-1", "big-2", "big-3"]);
    expect(sent.map(({ metadata }) => metadata.labels?.["topology.kubernetes.io/zone"])).toEqual(["a", "b", "a"]);
    expect(sent[0]).toMatchObject({
      metadata: {
        labels: {
          type: "kwok",
          tier: "a",
          "kubernetes.io/hostname": "big-1",
          "nodeforge.local/pool": "big",
          "nodeforge.local/simulated": "big",
        },
        annotations: { "nodeforge.local/content": contentOf(big) },
      },
      spec: {
        podCIDR: "10.244.255.0/24",
        taints: [
          { key: "kwok.x-k8s.io/node", value: "fake", effect: "NoSchedule" },
          { key: "t", effect: "NoExecute" },
        ],
      },
      status: { allocatable: { cpu: "4", memory: "1024Mi", pods: "10", "example.com/gpu": "2" } },
    });
    expect(calls).toEqual(["systemctl restart kwok"]);
    expect(node.read("nodeforge/simulated-nodes.yaml")).toContain("kind: Stage");
    expect(stderr).toContain("creating 3 simulated nodes");
  });

  it("are left alone when they are the desired ones", () => {
    const { status, stdout, sent, calls } = simulate(present, [big]);
    expect([status, sent, calls]).toEqual([0, [], ["systemctl restart kwok"]]);
    expect(stdout).toMatch(/^\{"nodes":3,"seconds":\d+\}\n$/);
  });

  it("are waited for while one of them has the taint of a new node", () => {
    const taint = (key: string) => ({ TAINT: `{"key":"${key}","effect":"NoSchedule"}` });
    const { status, stderr } = simulate(present, [big], taint("node.kubernetes.io/not-ready"));
    expect(status).toBe(1);
    expect(stderr).toContain("still missing after 0s: 3 of 3 are Ready, and 1 of them accept no pods yet");
    expect(simulate(present, [big], taint("kwok.x-k8s.io/node")).status).toBe(0);
  });

  it("are deleted beyond the count, and the controller manager reads the ranges again", () => {
    const { sent, calls } = simulate(present, [{ ...big, count: 2 }]);
    expect(sent.map(({ metadata }) => metadata)).toEqual([{ name: "big-3" }]);
    expect(calls).toEqual(["systemctl restart kwok", "systemctl restart kube-controller-manager"]);
  });

  it("of another pool are only added", () => {
    const { stderr, sent } = simulate(present, [big, small]);
    // One node is less than the number of kubectl at a time. None of them may start without an object.
    expect(stderr).not.toContain("no objects passed");
    expect(sent.map(({ metadata }) => metadata.name)).toEqual(["small-1"]);
  });

  it("are recreated with another content", () => {
    const { sent } = simulate(present, [{ ...big, cpu: 8 }]);
    const names = ["big-1", "big-2", "big-3"];
    expect(sent.map(({ metadata }) => metadata.name)).toEqual([...names, ...names]);
    expect(sent.filter(({ metadata }) => metadata.labels !== undefined)).toHaveLength(3);
  });

  it("are not created while another node has the name of one of them", () => {
    const { status, stderr, sent, calls } = simulate(["big-2  ", ...real], [big]);
    expect([status, sent, calls]).toEqual([1, [], []]);
    expect(stderr).toContain("the cluster has other nodes of these names: big-2. Fix: give the pool of simulatedNodes");
  });

  it("are recreated without the annotation of their content", () => {
    const { sent } = simulate([...real, "big-1  big"], [{ ...big, count: 1 }]);
    expect(sent.map(({ metadata }) => metadata.name)).toEqual(["big-1", "big-1"]);
  });

  it("need an image with kwok", () => {
    const { status, stderr, sent } = simulate([], [big], { KWOK: "" });
    expect([status, sent]).toEqual([1, []]);
    expect(stderr).toContain("this node's image has no kwok, which simulates nodes. Fix: npm run roll");
  });
});

it("the removal of simulated nodes deletes each of them and stops kwok", () => {
  const node = new TestNode(programs);
  node.write("nodes", "master  \nbig-1 0123 big\nbig-2 0123 big\n");
  node.write("sent", "");
  node.write("nodeforge/simulated-nodes.yaml", "");
  const { status } = node.run({ script: "remove-simulated-nodes" });
  expect(status).toBe(0);
  const deleted = node
    .read("sent")
    .match(/"name":"[^"]*"/g)
    ?.sort();
  expect(deleted).toEqual(['"name":"big-1"', '"name":"big-2"']);
  expect(node.calls).toEqual(["systemctl restart kube-controller-manager", "systemctl stop kwok"]);
  expect(() => node.read("nodeforge/simulated-nodes.yaml")).toThrow("ENOENT");
});
