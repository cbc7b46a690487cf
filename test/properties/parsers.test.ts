import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNodeOutput } from "../../cli/backup/node-output.ts";
import { administratorOf } from "../../cli/bench/administrator.ts";
import { parseFacts, parseKubelet } from "../../cli/cis/facts.ts";
import { results } from "../../cli/cis/report.ts";
import { defaultCluster } from "../cli/cis/default-cluster.ts";
import { plannedLosses } from "../../cli/consent/planned-losses.ts";
import { readPlan } from "../../cli/plan/planned.ts";
import { podsOn } from "../../cli/plan/pods.ts";
import { parseEvent } from "../../cli/engine-events/engine-event.ts";
import { readRecord } from "../../cli/runs/record.ts";
import { readResult } from "../../cli/runs/result.ts";
import { kubernetesNodes } from "../../cli/stack/kubernetes-nodes.ts";
import { readOutputs } from "../../cli/stack/outputs.ts";
import { clusterOf, hypervisorsOf, parseState, stackOutputs } from "../../cli/stack/state.ts";
import { entriesFor } from "../../cli/kubeconfig/entries.ts";
import { parseManifest } from "../../image/manifest-reader.ts";
import { readQcow2 } from "../../image/qcow2.ts";
import { clientValidity } from "../../lifecycle/certificates.ts";
import { parseIdentity } from "../../lifecycle/identity.ts";
import { Sightings } from "../../lifecycle/sightings.ts";
import { readNetwork, readPool, readVolume } from "../../libvirt/definitions.ts";
import { readRecords } from "../../libvirt/snapshot-records.ts";
import { deleteSnapshot, readDisks } from "../../libvirt/snapshots.ts";
import { bytesOf } from "../cli/backup/streams.ts";
import { exampleRecord } from "../cli/runs/example-record.ts";
import { sharedFolder } from "../support/folder.ts";
import { qcow2 } from "../support/qcow2.ts";
import { checkParsers } from "./check-parsers.ts";
import { holds } from "./runs.ts";

const folder = sharedFolder();

const metadata = {
  namespace: "a",
  name: "b",
  ownerReferences: [{ kind: "Job", controller: true }],
  labels: { a: "b" },
};
const node = {
  metadata,
  spec: {
    nodeName: "n",
    unschedulable: true,
    volumes: [{ emptyDir: {} }],
    local: {},
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", values: ["n"] }] }] },
    },
  },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: "True" }],
    addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
    nodeInfo: { kubeletVersion: "v1" },
  },
};
const list = JSON.stringify({ items: [node, node] });
const urn = "urn:pulumi:dev::nodeforge::nodeforge:index:Cluster::dev";
const resource = {
  urn,
  type: "nodeforge:index:Cluster",
  id: "1",
  parent: urn,
  provider: `${urn}::1`,
  inputs: { uri: "qemu:///system" },
  outputs: { a: 1 },
  initErrors: ["a"],
};
const state = JSON.stringify({
  version: 3,
  deployment: {
    resources: [
      resource,
      { ...resource, type: "pulumi:providers:libvirt" },
      { ...resource, type: "pulumi:pulumi:Stack" },
    ],
    pending_operations: [{ type: "creating", resource }],
  },
});
const outputs = JSON.stringify({
  nodes: [{ name: "master", role: "control-plane", address: "192.0.2.1" }],
  apiEndpoint: "https://192.0.2.1:6443",
  timings: { master: { boot: 1 } },
  imageHash: "a",
  kubernetesVersion: "v1.36.3",
  simulatedNodes: { a: 1 },
});
const step = {
  op: "delete",
  urn,
  type: "libvirt:index/domain:Domain",
  old: { inputs: { delete: "x" }, parent: urn },
  new: null,
  diffs: ["a"],
};
const events = [
  { preludeEvent: { config: { "nodeforge:a": "b" } } },
  { resourcePreEvent: { metadata: step, planning: true } },
  { summaryEvent: { resourceChanges: { same: 1 } } },
];
const log = events.map((event) => JSON.stringify(event)).join("\n");
const kubeconfig = `apiVersion: v1
clusters: [{ name: c, cluster: { server: "https://192.0.2.1:6443", certificate-authority-data: YQ== } }]
users: [{ name: u, user: { client-certificate-data: YQ==, client-key-data: YQ== } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`;
const network = `<network connections="2"><name>n</name><bridge name="virbr1"/><domain name="internal"/>
<ip address="192.0.2.1" netmask="255.255.255.0"><dhcp><range start="192.0.2.5" end="192.0.2.9"/><host mac="52:54:00:00:00:01" ip="192.0.2.10"/></dhcp></ip>
<ip address="198.51.100.1" prefix="24"/><ip family="ipv6" address="::1" prefix="64"/></network>`;
const pool = `<pool type="dir"><capacity unit="bytes">100</capacity><target><path>/srv/p</path></target></pool>`;
const volume = `<volume><key>/srv/v</key><backingStore><path>/srv/b</path></backingStore></volume>`;
const snapshots = `<snapshots><snapshot name="a" id="b" created="2026-01-01" nodes="a b"/></snapshots>`;
const disk = { "node-name": "a", drv: "qcow2", ro: false, file: "/a", image: { snapshots: [{ name: "tag" }] } };
const disks = JSON.stringify({ return: [{ inserted: disk }, {}] });

const facts =
  "unit\tetcd\nargument\tetcd\tname=a\nfile\t/etc/kubernetes/pki/ca.crt\t600\troot:root\nauthority\tca\tAA\nend\n";
const authentication = JSON.stringify({ anonymous: { enabled: true, conditions: [{ path: "/livez" }] } });
const configz = JSON.stringify({
  kubeletconfig: { authentication: { x509: { clientCAFile: "/a" } }, podPidsLimit: 1, tlsCipherSuites: ["a"] },
});
const backup = [
  { kubernetesVersion: "v1.36.3", status: { version: "3.6.8", header: { revision: "1" } } },
  ...["ca.crt", "ca.key", "sa.key", "sa.pub"].map((name) => ({ file: `pki/${name}`, mode: "600", content: "YQ==" })),
  { result: { blob: "YQ==" } },
  { result: {} },
  { complete: true },
]
  .map((line) => JSON.stringify(line))
  .join("\n");

/** Outcome of each check on a control plane. */
const checked = (text: string, kubelet: ReturnType<typeof parseKubelet> = {}) =>
  results([{ name: "master", role: "control-plane", facts: parseFacts(text, kubelet) }], defaultCluster());

const virsh = (text: string) => () => Promise.resolve(text);
const session = (text: string) => ({ stack: "dev", capture: () => Promise.resolve(text) });

checkParsers("a text of libvirt, Pulumi or Kubernetes", [
  ["the identity of a node", JSON.stringify({ address: "192.0.2.1", hostKey: "ssh-ed25519 AAAA" }), parseIdentity],
  [
    "pulumi stack export",
    state,
    (text) => [clusterOf, hypervisorsOf, stackOutputs].map((read) => read(parseState(text))),
  ],
  ["the engine's log for losses", log, plannedLosses],
  ["the engine's log for a plan", log, readPlan],
  ["an event of the engine", JSON.stringify(events[1]), parseEvent],
  ["kubectl get pods", list, (text) => podsOn(["n"], text, list)],
  ["kubectl get pv", list, (text) => podsOn(["n"], list, text)],
  ["the facts of a node", facts, (text) => checked(text)],
  ["the API server's authentication", authentication, (text) => checked(`anonymous\t${text}\nend\n`)],
  ["configz of a kubelet", configz, (text) => checked("end\n", parseKubelet(text))],
  ["the manifest of an image", JSON.stringify({ contract: 1, sha256: "ab".repeat(32) }), parseManifest],
  [
    "the sightings of a run",
    JSON.stringify([["n", 1]]),
    (text) => {
      const path = join(folder, "sightings.json");
      writeFileSync(path, text);
      return new Sightings(path);
    },
  ],
  ["kubectl get nodes", list, (text) => kubernetesNodes(() => Promise.resolve(text))],
  ["pulumi stack output", outputs, (text) => readOutputs(session(text))],
  ["the result of a run", outputs, (text) => readResult(session(text), () => undefined)],
  [
    "the output of a backup",
    backup,
    async (text) => bytesOf((await parseNodeOutput(Readable.from(text.split("\n")))).snapshot),
  ],
  ["query-block of QEMU", disks, (text) => readDisks(virsh(text), "d")],
  ["query-jobs of QEMU", disks, (text) => deleteSnapshot(virsh(text), "d", "none")],
  [
    "the record of a run",
    JSON.stringify(exampleRecord()),
    (text) => {
      writeFileSync(join(folder, "record.json"), text);
      return readRecord(folder);
    },
  ],
]);

checkParsers(
  "a text of XML or YAML",
  [
    ["virsh net-dumpxml", network, readNetwork],
    ["virsh pool-dumpxml", pool, readPool],
    ["virsh vol-dumpxml", volume, readVolume],
    ["virsh metadata", snapshots, (text) => readRecords(virsh(text), "d")],
    ["a kubeconfig for its entries", kubeconfig, (text) => entriesFor(text, "dev", "1")],
    ["a kubeconfig for its administrator", kubeconfig, administratorOf],
    ["a kubeconfig for its certificate", kubeconfig, clientValidity],
  ],
  { longTexts: 2 },
);

describe("the header of an image", () => {
  it("is read or refused for any bytes", () => {
    const sample = qcow2();
    const changed = fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
      const bytes = Buffer.from(sample);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all)),
      changed,
      fc.tuple(changed, fc.nat(sample.length)).map(([all, end]) => all.subarray(0, end)),
    );
    holds(
      fc.property(bytes, (given) => {
        const { expected, virtualBytes } = readQcow2(given);
        expect(virtualBytes).toBeGreaterThanOrEqual(0);
        if (expected !== undefined) expect(expected).toMatch(/^a /);
      }),
      { runs: 500 },
    );
  });
});
