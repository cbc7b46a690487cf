import { describe, expect, test } from "vitest";
import { readStatus, type StatusSources } from "../../../cli/overview/status.ts";
import { statusText } from "../../../cli/overview/status-text.ts";
import type { ArchivedRun } from "../../../cli/runs/archive.ts";
import type { Kubectl } from "../../../cli/machines/readiness.ts";
import { answering } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";
import { clusterOfMachines } from "../machines/cluster-state.ts";

const bare = clusterOfMachines([
  { name: "master", uuid: "id-1", identity: JSON.stringify({ address: "192.168.222.10", hostKey: "ssh-ed25519 A" }) },
  { name: "worker-node-1", uuid: "id-2" },
]);
const state = {
  pending: [],
  resources: [
    { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
    {
      urn: urn("pulumi:pulumi:Stack", "nodeforge-lab"),
      type: "pulumi:pulumi:Stack",
      outputs: { apiEndpoint: "https://192.168.222.10:6443", simulatedNodes: { big: 50 } },
    },
    ...bare.resources.map((resource) =>
      resource.id === "id-1" ? { ...resource, outputs: { ...resource.outputs, memory: 3072 } } : resource,
    ),
  ],
};

const node = (name: string, ready: string, more: object = {}) => ({
  metadata: { name, labels: name === "master" ? {} : { "nodeforge.local/pool": "workers" } },
  status: {
    conditions: [{ type: "Ready", status: ready }],
    addresses: [{ type: "InternalIP", address: name === "master" ? "192.168.222.10" : "192.168.222.101" }],
    nodeInfo: { kubeletVersion: "v1.36.3" },
  },
  ...more,
});

/** kubectl of a cluster with these Nodes. */
const kubectl =
  (nodes: readonly object[], health = "ok"): Kubectl =>
  (...args) => {
    if (args[1] === "--raw") return health === "ok" ? Promise.resolve("ok") : Promise.reject(new Error(health));
    return Promise.resolve(JSON.stringify({ items: nodes }));
  };

const run = (name: string, stack: string, outcome: string) =>
  ({
    name,
    folder: "",
    record: { stack, command: "up", outcome, start: "2026-11-27T01:00:00Z" },
  }) as unknown as ArchivedRun;

const running = { "domstate id-1 --reason": "running (booted)", "domstate id-2 --reason": "running (booted)" };

function sources(
  changes: Partial<StatusSources> = {},
  answers: Readonly<Record<string, string | Error>> = running,
): StatusSources {
  return {
    stack: "lab",
    state,
    connect: () => answering(answers).virsh,
    kubeconfig: "",
    ask: kubectl([node("master", "True"), node("worker-node-1", "True")]),
    runs: [run("r1", "lab", "failed"), run("r2", "lab", "succeeded"), run("r3", "dev", "failed")],
    context: { name: "lab", file: "/home/me/.kube/config", isCurrent: true },
    ...changes,
  };
}

describe("the status of a cluster in order", () => {
  test("is one screen without a warning", async () => {
    expect(statusText(await readStatus(sources())).split("\n")).toEqual([
      "cluster lab of stack lab",
      "",
      "NODE            ROLE            STATUS   VERSION   ADDRESS           MACHINE   MEMORY   POOL",
      "master          control-plane   Ready    v1.36.3   192.168.222.10    running   3 GiB    -",
      "worker-node-1   worker          Ready    v1.36.3   192.168.222.101   running   ?        workers",
      "",
      "simulated nodes   50 in pool big",
      "API server        https://192.168.222.10:6443, ready",
      "certificates      unknown",
      "last run          up succeeded, 2026-11-27T01:00:00Z",
      "context           lab in /home/me/.kube/config, the current one",
    ]);
  });

  test("has every part as data, too", async () => {
    const { nodes, hints, lastRun, ...rest } = await readStatus(sources({ context: undefined }));
    expect(nodes[0]).toEqual({
      ...{ name: "master", role: "control-plane", status: "Ready", version: "v1.36.3", address: "192.168.222.10" },
      ...{ machine: "running", memoryMiB: 3072 },
    });
    expect([nodes.length, hints, lastRun?.name]).toEqual([2, [], "r2"]);
    expect(rest).toEqual({
      ...{ stack: "lab", cluster: "lab", simulatedNodes: { big: 50 } },
      apiServer: { endpoint: "https://192.168.222.10:6443", isReady: true },
    });
  });
});

describe("a hint", () => {
  const fix = (command: string) => `Fix: npm run ${command} -- --stack lab`;
  const hints = async (changes: Partial<StatusSources>, answers?: Readonly<Record<string, string | Error>>) =>
    (await readStatus(sources(changes, answers))).hints;

  test.each([
    ["shut off (shutdown)", `the machine of worker-node-1 is off. ${fix("start")}`],
    ["shut off (saved)", `the machine of worker-node-1 is saved. ${fix("start")}`],
    ["paused (user)", `the machine of worker-node-1 is paused. ${fix("start")}`],
    [new Error("error: failed to get domain 'id-2'"), `the machine of worker-node-1 is missing. ${fix("up")}`],
    [
      new Error("no answer within 30 s"),
      `the machine of worker-node-1 is unknown: no answer within 30 s. ${fix("doctor")}`,
    ],
  ])("names a machine that is %s", async (answer, hint) => {
    const ask = kubectl([node("master", "True"), node("worker-node-1", "Unknown")]);
    expect(await hints({ ask }, { ...running, "domstate id-2 --reason": answer })).toEqual([hint]);
  });

  test("names nodes that are not Ready, missing or unknown, and not a cordoned one", async () => {
    const cordoned = node("master", "True", { spec: { unschedulable: true } });
    const ask = (...nodes: readonly object[]) => ({ ask: kubectl(nodes) });
    expect(await hints(ask(cordoned, node("worker-node-1", "False")))).toEqual([
      `worker-node-1 is NotReady. ${fix("diagnose")}`,
    ]);
    expect(await hints(ask(cordoned, node("worker-node-2", "True")))).toEqual([
      `Kubernetes has the node worker-node-2, which the stack does not have. ${fix("up")}`,
      `Kubernetes does not have the node worker-node-1. ${fix("up")}`,
    ]);
    const status = await readStatus(sources(ask(cordoned, node("worker-node-1", "True"))));
    expect([status.nodes[0]?.status, status.hints]).toEqual(["Ready,SchedulingDisabled", []]);
  });

  test("names an API server that is not ready, with its reason", async () => {
    const ask: Kubectl = () => Promise.reject(new Error("kubectl get: exit code 1\nconnection refused"));
    const status = await readStatus(sources({ ask }));
    expect(status.hints).toEqual([`the API server is not ready: connection refused. ${fix("diagnose")}`]);
    expect(status.nodes.map((each) => [each.status, each.machine])).toEqual([
      [undefined, "running"],
      [undefined, "running"],
    ]);
    expect(statusText(status)).toContain("https://192.168.222.10:6443, not ready\n");
    const none = await hints({ kubeconfig: new Error("stack lab has no kubeconfig") });
    expect(none).toEqual([`the API server is not ready: stack lab has no kubeconfig. ${fix("diagnose")}`]);
  });

  test("names only the checks of the API server that failed", async () => {
    const checks =
      "\\n[+]ping ok\\n[-]etcd failed: reason withheld\\n[-]poststarthook/rbac failed: reason withheld\\n[+]log ok";
    const server = `Error from server (InternalError): an error on the server ("${checks}") has prevented the request`;
    const ask: Kubectl = () => Promise.reject(new Error(server));
    const reason = "failed checks: etcd, poststarthook/rbac";
    expect(await hints({ ask })).toEqual([`the API server is not ready: ${reason}. ${fix("diagnose")}`]);
  });

  test("names a pool whose storage is not mounted, and nothing else while the machines run", async () => {
    const volume = {
      urn: urn("libvirt:index/volume:Volume", "root"),
      type: "libvirt:index/volume:Volume",
      id: "/pools/lab/root",
      outputs: { name: "root", pool: "lab" },
      provider: `${urn("pulumi:providers:libvirt", "hypervisor")}::1`,
    };
    const of = (volumes: Readonly<Record<string, string | Error>>) =>
      hints({ state: { ...state, resources: [...state.resources, volume] } }, { ...running, ...volumes });
    const probe = "vol-dumpxml --pool lab root";
    const empty = { "pool-refresh lab": "", "pool-list --name": " lab\n", "vol-list --pool lab": "" };
    expect(await of({ [probe]: new Error("Storage volume not found"), ...empty })).toEqual([
      expect.stringMatching(/^storage pool lab has none of the stack's 1 volumes in \/pools\/lab, .* Fix: mount /),
    ]);
    expect(await of({ [probe]: "<volume/>" })).toEqual([]);
  });

  test("names a run that did not end well", async () => {
    expect(await hints({ runs: [run("r9", "lab", "interrupted")] })).toEqual([
      "the last up was interrupted. Fix: npm run runs -- show r9",
    ]);
    const pending = [{ type: "creating" as const, resource: { urn: urn("a:b:C", "x"), type: "a:b:C" } }];
    expect(await hints({ state: { ...state, pending } })).toEqual([
      `the last run did not finish: its changes are incomplete. ${fix("up")}`,
    ]);
    expect(await hints({ runs: [run("r9", "lab", "declined")] })).toEqual([]);
  });
});

test("the status of a stack without a cluster is an error with the fix", async () => {
  await expect(readStatus(sources({ state: { resources: [], pending: [] } }))).rejects.toThrow(
    "stack lab has no cluster. Fix: npm run up -- --stack lab",
  );
});
