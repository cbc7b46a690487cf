import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { readLogin } from "../../cli/environment.ts";
import { encodeHeader, parseHeader } from "../../cli/backup/header.ts";
import { kubeconfigOf, clusterStateOf, identityOf } from "../../cli/diagnose/state.ts";
import { concernsCluster } from "../../cli/diagnose/after-failure.ts";
import { withEntries, withoutEntries } from "../../cli/kubeconfig/edit.ts";
import { takeBackendLock } from "../../cli/state-service/backend-lock.ts";
import { readCheckpoint } from "../../cli/state-service/checkpoint.ts";
import { readJournal } from "../../cli/state-service/journal.ts";
import { pathsOf } from "../../cli/state-service/places.ts";
import { replay } from "../../cli/state-service/replay.ts";
import { readRequest } from "../../cli/state-service/request.ts";
import { readLocks } from "../../cli/stack/lock.ts";
import { readSettings } from "../../cli/stack/settings.ts";
import { parseState } from "../../cli/stack/state.ts";
import { readPlace } from "../../lib/place.ts";
import { sharedFolder } from "../support/folder.ts";
import { checkParsers } from "./check-parsers.ts";

const folder = sharedFolder();
const place = { folder, project: "nodeforge", stack: "dev" };
const { checkpoint, journal, locks } = pathsOf(place);
const written = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};

const urn = (types: string, name: string) => `urn:pulumi:dev::nodeforge::${types}::${name}`;
const worker = "nodeforge:index:Cluster$nodeforge:index:Worker";
const networkInterfaces = [{ mac: "52:54:00:00:00:01", addresses: ["192.0.2.1"], networkName: "n" }];
const resources = [
  {
    urn: urn("pulumi:providers:libvirt", "l"),
    type: "pulumi:providers:libvirt",
    id: "1",
    inputs: { uri: "qemu:///system" },
  },
  { urn: urn(worker, "w"), type: "nodeforge:index:Worker", inputs: { node: "w", addressing: "dhcp" } },
  {
    urn: urn(`${worker}$libvirt:index/domain:Domain`, "w"),
    type: "libvirt:index/domain:Domain",
    id: "2",
    parent: urn(worker, "w"),
    provider: `${urn("pulumi:providers:libvirt", "l")}::1`,
    inputs: { networkInterfaces },
    outputs: { networkInterfaces },
    dependencies: [urn(worker, "w")],
    propertyDependencies: { a: [urn(worker, "w")] },
    aliases: [urn(worker, "x")],
  },
];
const command = { urn: urn("command:remote:Command", "m-kubeconfig"), type: "command:remote:Command" };
const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "v3" };
const entry = { version: 1, kind: 0, sequenceID: 1, operationID: 1 };
const entries = [
  { format: 1, base: "a", engine: "v3.250.0" },
  { ...entry, operation: { type: "creating", resource: resources[1] } },
  { ...entry, kind: 1, sequenceID: 2, state: resources[1], removeOld: 0 },
  { ...entry, kind: 4, sequenceID: 3, state: resources[2], removeNew: 1 },
  { ...entry, kind: 3, sequenceID: 4, state: resources[2], removeNew: 1 },
  { ...entry, kind: 9, sequenceID: 5, snippets: [{ references: { a: "b" } }] },
  { result: "b" },
];
const stackFile = `secretsprovider: passphrase
encryptionsalt: v1:a
config:
  nodeforge:workers: 2
  nodeforge:workerPools: [{ name: p, count: 1 }]
  nodeforge:a: { secure: v1:b }
`;
const header = encodeHeader({
  ...{ stack: "dev", cluster: "dev", clusterId: "1", created: "2026-01-01T00:00:00Z", kubernetesVersion: "v1.36.3" },
  ...{ etcdVersion: "3.6.8", etcdRevision: "1", nodes: ["m"], key: "a: b", sha256: "0".repeat(64) },
}).toString();
const lock = JSON.stringify({ pid: 1, username: "u", hostname: "h", timestamp: "2026-01-01T00:00:00Z" });
const kubeconfig = `apiVersion: v1
clusters:
- name: c
  cluster: { server: "https://192.0.2.1:6443" }
users: []
contexts: null
current-context: c
`;
const ours = { clusters: { server: "a" }, contexts: { cluster: "c", user: "c" }, users: { token: "t" } };

checkParsers("a file of a state", [
  [
    "a checkpoint",
    JSON.stringify({ version: 3, features: ["views"], checkpoint: { stack: "dev", latest: { manifest, resources } } }),
    (text) => {
      written(checkpoint, text);
      return readCheckpoint(place);
    },
  ],
  [
    "a journal",
    entries.map((line) => JSON.stringify(line)).join("\n"),
    async (text) => {
      const found = await readJournal(written(journal, `${text}\n`));
      return found && replay({ manifest, resources }, found.entries, found.head);
    },
  ],
  [
    "a request of Pulumi",
    JSON.stringify({ entries: [entry] }),
    (text) => {
      const incoming = Object.assign(Readable.from([Buffer.from(text)]), {
        method: "POST",
        url: "/api/a",
        headers: {},
      });
      return readRequest(incoming as unknown as Parameters<typeof readRequest>[0]);
    },
  ],
  [
    "a lock of Pulumi",
    lock,
    async (text) => {
      written(join(locks, "a.json"), text);
      return [await readLocks(folder, place.project, place.stack), await takeBackendLock(place, 1).catch(sentenceOf)];
    },
  ],
  [
    "the place of a process",
    JSON.stringify({ hostname: "h", machine: "m", processes: "p" }),
    (text) => readPlace(written(join(folder, "place"), text)),
  ],
  [
    "the login of Pulumi",
    JSON.stringify({ current: "https://api.example.com" }),
    (text) => {
      written(join(folder, "credentials.json"), text);
      return readLogin(folder, {})?.startsWith("https://");
    },
  ],
  ["the header of a backup", header, (text) => parseHeader(Buffer.from(text), "a")],
  [
    "the state of a diagnosis",
    JSON.stringify({ deployment: { resources } }),
    (text) => clusterStateOf(parseState(text)).nodes.map(({ mac, address }) => [mac?.toLowerCase(), address?.trim()]),
  ],
  [
    "the kubeconfig in a state",
    JSON.stringify({ deployment: { resources: [{ ...command, outputs: { stdout: { plaintext: '"a"' } } }] } }),
    (text) => kubeconfigOf(text, "m-kubeconfig").trim(),
  ],
  ["the identity of a node in a state", JSON.stringify({ address: "192.0.2.1", hostKey: "ssh-ed25519 A" }), identityOf],
  [
    "the history of a stack",
    JSON.stringify([{ startTime: "2026-01-01T00:00:00Z" }]),
    (text) => concernsCluster({ stack: "dev", capture: () => Promise.resolve(text) }, "", 0),
  ],
]);

checkParsers(
  "a YAML file of a user",
  [
    [
      "the settings of a stack",
      stackFile,
      (text) => {
        const { get, objects } = readSettings({ stack: "dev", configFile: written(join(folder, "stack.yaml"), text) });
        return [get("workers"), objects("workerPools")];
      },
    ],
    ["a kubeconfig that gets a cluster", kubeconfig, (text) => withEntries(text, "dev", ours)],
    ["a kubeconfig that loses a cluster", kubeconfig, (text) => withoutEntries(text, "c", ["clusters", "contexts"])],
  ],
  { texts: 25, longTexts: 1 },
);

/** A lock that another process holds is a refusal, and so the right answer. */
function sentenceOf(error: unknown): string {
  const { message } = error as Error;
  if (!message.includes("locked by 1 lock(s)")) throw error;
  return message;
}
