import { expect, test } from "vitest";
import { listClusters } from "../../../cli/overview/clusters.ts";
import { clustersText } from "../../../cli/overview/clusters-text.ts";
import type { StackState } from "../../../cli/stack/state.ts";
import { answering, type Answer } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";
import { clusterOfMachines } from "../machines/cluster-state.ts";

const uri = "qemu:///system";
const bare = clusterOfMachines([
  { name: "master", uuid: "u-1" },
  { name: "worker-node-1", uuid: "u-2" },
]);
const lab: StackState = {
  pending: [],
  resources: [
    { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
    {
      urn: urn("nodeforge:index:Cluster$random:index/randomUuid:RandomUuid", "lab-id"),
      type: "random:index/randomUuid:RandomUuid",
      outputs: { result: "aaaa-1" },
    },
    ...bare.resources,
  ],
};
const none: StackState = { resources: [], pending: [] };

const domain = (description: string, memory = 2 << 20) =>
  `<domain type='kvm'><name>n</name><description>${description}</description><memory unit='KiB'>${memory}</memory></domain>`;
const mark = (cluster: string, id: string) => `nodeforge cluster ${cluster}, ${id}, machine 0123456789ab`;

const answers: Record<string, Answer> = {
  "list --all --uuid --name":
    "u-1 lab-master\nu-2 lab-worker-node-1\nu-3 lab-master2\nu-4 web\nu-5 old-master\nu-6 gone\n",
  "list --state-running --uuid --name": "u-1 lab-master\nu-3 lab-master2\nu-4 web\n",
  "dumpxml u-1": domain(mark("lab", "aaaa-1"), 3 << 20),
  "dumpxml u-2": domain(mark("lab", "aaaa-1")),
  "dumpxml u-3": domain(mark("lab", "bbbb-2"), (1 << 20) + (1 << 19)),
  "dumpxml u-4": domain("my nodeforge cluster lab, aaaa-1, machine 0"),
  "dumpxml u-5": domain(mark("old", "cccc-3")),
};
const connect = () => answering(answers).virsh;

test("clusters of the checkout, of other checkouts, and no other domain are listed", async () => {
  const stacks = [
    { stack: "dev", state: none },
    { stack: "lab", state: lab },
  ];
  const list = await listClusters("/src/nodeforge", stacks, [uri], connect);
  expect(clustersText(list).split("\n")).toEqual([
    "CLUSTER   STACK   CHECKOUT         MACHINES   RUNNING   MEMORY",
    "-         dev     /src/nodeforge   0          0         0 GiB",
    "lab       lab     /src/nodeforge   2          1         5 GiB",
    "lab       -       another          1          1         1.5 GiB",
    "old       -       another          1          0         2 GiB",
  ]);
  expect(list.clusters.slice(1, 3)).toEqual([
    {
      ...{ cluster: "lab", stack: "lab", checkout: "/src/nodeforge", hypervisors: [uri] },
      ...{ machines: 2, running: 1, memoryMiB: 5120 },
    },
    { cluster: "lab", hypervisors: [uri], machines: 1, running: 1, memoryMiB: 1536 },
  ]);
});

test("a hypervisor without an answer and a state that cannot be read are warnings", async () => {
  const refused = () => answering({ "list --all --uuid --name": new Error("virsh: refused") }).virsh;
  const stacks = [
    { stack: "bad", state: new Error("wrong passphrase") },
    { stack: "lab", state: lab },
  ];
  expect(clustersText(await listClusters("/src", stacks, [uri], refused)).split("\n")).toEqual([
    "CLUSTER   STACK   CHECKOUT   MACHINES   RUNNING   MEMORY",
    "-         bad     /src       0          ?         ?",
    "lab       lab     /src       2          ?         ?",
    "warning: the state of stack bad cannot be read: wrong passphrase",
    "warning: a hypervisor does not answer: virsh: refused",
  ]);
});

test("a machine without a cluster has a sentence with the command", async () => {
  const empty = () => answering({ "list --all --uuid --name": "", "list --state-running --uuid --name": "" }).virsh;
  expect(clustersText(await listClusters("/src", [], [uri], empty))).toBe(
    "this machine has no cluster; `npm run up` creates one",
  );
});
