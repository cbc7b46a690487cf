import { readCapacity } from "../../cli/plan/capacity.ts";
import { readChanges } from "../../cli/runs/changes.ts";
import { readVirshVersion } from "../../cli/runs/surroundings.ts";
import { judgeConfinement } from "../../cli/doctor/confinement.ts";
import { readFailures, readUnready } from "../../cli/diagnose/failures.ts";
import { byNode, notReady, notRunning } from "../../cli/diagnose/kubernetes.ts";
import { match } from "../../cli/diagnose/match.ts";
import { readSections, scriptItems } from "../../cli/diagnose/node.ts";
import type { ClusterNode } from "../../cli/diagnose/state.ts";
import { apiServerProblem } from "../../cli/machines/readiness.ts";
import { markedDomains } from "../../cli/overview/marked-domains.ts";
import { interfacesOn } from "../../cli/recovery/stopped-networks.ts";
import { rows } from "../../cli/recovery/volume-users.ts";
import { stepResult } from "../../components/step-result.ts";
import { plausibleSeconds } from "../../guest/seconds.ts";
import { readWatchEvent } from "../../lib/api-server.ts";
import { redact } from "../../lib/redact.ts";
import { clockOffset } from "../../libvirt/clock.ts";
import { readDomainState } from "../../libvirt/domain-state.ts";
import { inspectHost } from "../../libvirt/host.ts";
import { listDomains, volumesOf } from "../../libvirt/inventory.ts";
import { domainDescription, domainMark } from "../../names.ts";
import { addressesOf, hostKeyOf, returnOf, statusOf } from "../../operator/agent-answers.ts";
import { parseRoutes } from "../../preflight/routes.ts";
import { checkParsers } from "./check-parsers.ts";

const virsh = (text: string) => () => Promise.resolve(text);
const node: ClusterNode = {
  ...{ name: "node-1", role: "worker", resource: "lab-node-1", uri: "qemu:///system", mac: "52:54:00:00:00:01" },
  ...{ address: "192.0.2.1", leased: true, hostKey: "ssh-ed25519 A", steps: [{ name: "disk", done: true }] },
};
const units = `Id=kubelet.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
NRestarts=3
`;
const output = `Diagnostics:
  libvirt:index:Domain (lab-node-1):
    error: failed

Resources:
    + 1 created
`;
const boundary = "nodeforge-0";
const mark = domainDescription(domainMark("lab", "0a-1"), "0123456789ab");
const domain = `<domain><description>${mark}</description><memory unit="KiB">2048</memory>
<devices><interface type="network"><source network="n" portid="p"/></interface></devices></domain>`;
const interfaces = {
  return: [
    { name: "lo" },
    {
      name: "eth0",
      "hardware-address": "52:54:00:00:00:01",
      "ip-addresses": [{ "ip-address": "192.0.2.1", "ip-address-type": "ipv4" }],
    },
  ],
};
const pem = "-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\ntoken: abcdef.0123456789abcdef\n";
/** Each item of a diagnosis has the same text. */
const evidenceOf = (text: string) => {
  const names = [
    ...scriptItems["control-plane"],
    "domain-state",
    "domain-log",
    "conditions",
    "events",
    "pods",
    "nodes",
  ];
  const items = names.map((name) => ({ name, node: "node-1", text }));
  return { log: text, failures: readFailures(text, { nodes: [node], ready: false }), failed: [], nodes: [node], items };
};

checkParsers("a text of a hypervisor or of a node", [
  [
    "the kernel's routes",
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t000200C0\t0\t1\t0\t0\t0\t00FFFFFF\n",
    parseRoutes,
  ],
  [
    "virsh nodeinfo",
    "CPU(s):              64\nMemory size:         1024 KiB\n",
    (text) => readCapacity(virsh(text), "p"),
  ],
  [
    "virsh nodeinfo of a host",
    "CPU(s):              64\nMemory size:         1024 KiB\n",
    (text) => inspectHost(virsh(text), "qemu+ssh://h/system", { domainType: "kvm", pool: { origin: "existing" } }),
  ],
  ["virsh version", "Using library: libvirt 9.0.0\nRunning hypervisor: QEMU 7.2.0\n", readVirshVersion],
  ["virsh domtime", "Time: 1700000000\n", (text) => clockOffset(virsh(text), "d")],
  ["virsh domstate", "running (booted)\n", (text) => readDomainState(virsh(text), "d")],
  ["virsh list", "0a-1 lab-master\n", (text) => listDomains(virsh(text))],
  ["virsh vol-list", " a.qcow2   /srv/a.qcow2\n", (text) => volumesOf(virsh(text), "a.qcow2")],
  ["virsh domblklist", " file   disk   vda   /srv/a.qcow2\n", rows],
  ["virsh capabilities", "<host><secmodel><model>apparmor</model></secmodel></host>", judgeConfinement],
  ["the interfaces that a guest agent has", JSON.stringify(interfaces), (text) => addressesOf(returnOf(text), "")],
  [
    "the host key that a guest agent has",
    JSON.stringify({ return: { "buf-b64": Buffer.from("ssh-ed25519 AAAA root@x").toString("base64") } }),
    (text) => hostKeyOf(returnOf(text), "/a"),
  ],
  [
    "the end of a program that a guest agent has",
    JSON.stringify({ return: { exited: true, exitcode: 0, "err-data": "YQ==" } }),
    (text) => statusOf(returnOf(text)),
  ],
  [
    "the result of a step",
    JSON.stringify({ seconds: { boot: 1 } }),
    (text) => plausibleSeconds(stepResult<{ readonly seconds?: unknown }>("join", text).seconds),
  ],
  [
    "the output of a diagnosis",
    `${boundary} clock\n1\n${boundary} end\n`,
    (text) => readSections(text, boundary, ["clock"]),
  ],
  ["Pulumi's summary", `Updating (dev):\n${output}`, readChanges],
  ["kubectl's table of nodes", "NAME STATUS\nnode-1 NotReady <none>\n", notReady],
  ["kubectl's table of pods", "NAMESPACE NAME READY STATUS\na b 0/1 Pending\n", notRunning],
  ["kubectl's conditions", "node-1\n  Ready=False a: b\n", byNode],
  [
    "an event of the API server",
    JSON.stringify({ type: "ADDED", object: { metadata: { name: "a", resourceVersion: "1" } } }),
    readWatchEvent,
  ],
  [
    "the checks of the API server",
    "readyz [+]ping ok\n[-]etcd failed: reason\n",
    (text) => apiServerProblem(virsh(text)),
  ],
]);

// Each has many patterns for every line.
checkParsers(
  "a text with symptoms or secrets",
  [
    ["evidence of a node", units, (text) => match(evidenceOf(text))],
    ["the output of a failed run", output, (text) => [match(evidenceOf(text)), readUnready(text, [node])]],
    ["a text with secrets", pem, redact],
  ],
  { longTexts: 2 },
);

checkParsers(
  "a definition of a domain",
  [
    ["its interfaces", domain, (text) => interfacesOn("n", text).map(({ on }) => on("m"))],
    [
      "its mark",
      domain,
      (text) => markedDomains((command = "") => Promise.resolve(command === "list" ? "0a-1 lab\n" : text)),
    ],
  ],
  { texts: 25, longTexts: 1 },
);
