import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pMap from "p-map";
import { uriProblem, withoutPassword } from "../../libvirt/uri.ts";
import { cachedNodeBinaries } from "../../tools/node-binaries.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { which } from "../../lib/process.ts";
import { loginOf } from "../node-ssh.ts";
import type { Session } from "../stack/session.ts";
import type { StackSettings } from "../stack/settings.ts";
import { readState } from "../stack/state.ts";
import { fileOf, find, item, type Evidence, type Item } from "./evidence.ts";
import { readFailures, readUnready } from "./failures.ts";
import { askHypervisor, askMachine } from "./hypervisor.ts";
import { askCluster, notReady } from "./kubernetes.ts";
import { askNode } from "./node.ts";
import { limits } from "./probe.ts";
import { clusterStateOf, type ClusterNode, type ClusterState } from "./state.ts";

/** The part of a session that a diagnosis needs. */
export type DiagnosedSession = Pick<Session, "stack" | "settings" | "variables" | "capture">;

/**
 * Collects evidence about a cluster that does not work, and writes it to a folder that only its owner can read. An item that
 * cannot be collected says why, and does not stop the others.
 * @param log Output of a failed run, without colours and secrets; "" when none failed.
 */
export async function collect(session: DiagnosedSession, folder: string, log: string): Promise<Evidence> {
  ownFolder(folder);
  const signal = AbortSignal.timeout(limits.total * 1000);
  const settings = session.settings();
  const items: Item[] = [];
  // Written as soon as they are collected, so that an interrupted diagnosis keeps them.
  const keep = async (found: Promise<readonly Item[]>) => {
    for (const each of await found) {
      items.push(each);
      const path = join(folder, fileOf(each));
      ownFolder(dirname(path));
      // Two hypervisors may have an item of the same name.
      const all = items.filter(({ name, node }) => name === each.name && node === each.node);
      await writeOwn(path, all.map(content).join(""));
    }
  };
  const state = await knownState(session, keep);
  const failures = readFailures(log, state);
  const suspects = new Set(failures.map(({ node }) => node));
  const uri = await usableUri(settings, keep);
  const uris = state.uris.length > 0 || uri === undefined ? state.uris : [uri];

  const secrets = await mkdtemp(join(tmpdir(), "nodeforge-diagnose-"));
  try {
    const access = { login: loginOf(settings, session), folder: secrets, signal };
    const lookAt = (node: ClusterNode) => {
      const hypervisor = node.uri ?? uri;
      if (hypervisor === undefined)
        return keep(Promise.resolve([item("ssh", node.name, "", "the hypervisor of its machine is unknown")]));
      return keep(
        Promise.all([...askMachine(node, hypervisor, signal), askNode(node, { ...access, uri: hypervisor })]).then(
          (all) => all.flat(),
        ),
      );
    };
    // Failed nodes come first, because the time may not suffice for all.
    const order = [...state.nodes].sort((a, b) => Number(suspects.has(b.name)) - Number(suspects.has(a.name)));
    await Promise.all([
      ...uris
        .flatMap((each) => askHypervisor(each, placesOf(state, settings), signal))
        .map((found) => keep(found.then((one) => [one]))),
      keep(askCluster({ session, state, kubectl: await kubectlHere(), folder: secrets, signal })),
      pMap(order, lookAt, { concurrency: limits.nodesAtOnce }),
    ]);
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
  const evidence = { log, failures, nodes: state.nodes, items, failed: [] };
  return { ...evidence, failed: failedNodes(evidence) };
}

/** Content of an item's file. */
function content({ text, missing }: Item): string {
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${end}${missing === undefined ? "" : `(missing: ${missing})\n`}`;
}

/** Kubernetes' table of nodes: of kubectl on this machine, else of the control plane; "" without either. */
export function nodeTable(evidence: Evidence): string {
  const tables = [undefined, ...evidence.nodes.map(({ name }) => name)].map((node) => find(evidence, "nodes", node));
  return tables.find((table) => table?.missing === undefined && /^NAME\s/.test(table?.text ?? ""))?.text ?? "";
}

function failedNodes(evidence: Evidence): readonly string[] {
  const { nodes, failures, log } = evidence;
  const table = nodeTable(evidence);
  const present = table.split("\n").map((row) => row.split(/\s+/)[0]);
  const absent = table === "" ? [] : nodes.map(({ name }) => name).filter((name) => !present.includes(name));
  const named = failures.flatMap(({ node }) => (node === undefined ? [] : [node]));
  return [...new Set([...named, ...readUnready(log, nodes), ...notReady(table), ...absent])];
}

/** Returns libvirtUri unless it is invalid: it may be the reason of the failure. Then only hypervisors of the state are asked. */
async function usableUri({ get }: StackSettings, keep: Keep): Promise<string | undefined> {
  const uri = get("libvirtUri");
  const expected = uriProblem(uri);
  if (expected === undefined) return uri;
  const why = `libvirtUri is not used: expected ${expected}, got ${withoutPassword(uri)}`;
  await keep(Promise.resolve([item("domains", undefined, "", why)]));
  return undefined;
}

type Keep = (found: Promise<readonly Item[]>) => Promise<void>;

async function knownState(session: DiagnosedSession, keep: Keep): Promise<ClusterState> {
  try {
    const state = clusterStateOf(await readState(session));
    await keep(Promise.resolve([item("state", undefined, progress(state))]));
    return state;
  } catch (error) {
    await keep(Promise.resolve([item("state", undefined, "", (error as Error).message.split("\n").at(-1))]));
    return { nodes: [], uris: [], networks: [], pools: [], kubeconfig: undefined, ready: false };
  }
}

/** Progress of each node, one a line. */
function progress({ nodes, ready }: ClusterState): string {
  const rows = nodes.map(({ name, address, steps }) => {
    const done = steps.map((step) => `${step.name}: ${step.done ? "done" : "not done"}`).join(", ");
    return `${name} (${address ?? "no address yet"})  ${done}`;
  });
  return [...rows, `waiting until all nodes are Ready: ${ready ? "done" : "not done"}`].join("\n");
}

/** Networks and pools of the state, else of the settings: a first `up` may fail before it creates them. */
function placesOf({ networks, pools }: ClusterState, { get }: StackSettings) {
  const network = get("network") || get("networkName");
  const pool = get("storagePool");
  return {
    networks: networks.length > 0 ? networks : [network],
    pools: pools.length > 0 ? pools : pool === "" ? [] : [pool],
  };
}

/** Path of an existing kubectl of any version. Building one would take too long. */
async function kubectlHere(): Promise<string | undefined> {
  const installed = which("kubectl");
  if (installed !== undefined) return installed;
  const cached = await cachedNodeBinaries("kubernetes").catch(() => undefined);
  return cached && join(cached, "kubectl");
}
