import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pMap from "p-map";
import { uriProblem, withoutPassword } from "../../libvirt/uri.ts";
import { expandHome, privateKeyPath, publicKeySources } from "../../config/ssh.ts";
import { cachedNodeBinaries } from "../../tools/node-binaries.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { which } from "../../lib/process.ts";
import type { Session } from "../session.ts";
import type { StackSettings } from "../stack/settings.ts";
import { fileOf, find, item, type Evidence, type Item } from "./evidence.ts";
import { readFailures, readUnready } from "./failures.ts";
import { askHypervisor, askMachine } from "./hypervisor.ts";
import { askCluster, notReady } from "./kubernetes.ts";
import { askNode, type Login } from "./node.ts";
import { limits } from "./probe.ts";
import { readState, type StackNode, type StackState } from "./state.ts";

/** The part of a session that a diagnosis needs. */
export type DiagnosedSession = Pick<Session, "stack" | "settings" | "variables" | "capture">;

/**
 * Looks at everything that may tell why a cluster does not work, and writes it to a folder that only its owner can read.
 * What cannot be looked at is an item that says why; nothing of it stops the rest.
 * @param log What a failed run printed, without colours and secrets; "" when none failed.
 */
export async function collect(session: DiagnosedSession, folder: string, log: string): Promise<Evidence> {
  ownFolder(folder);
  const signal = AbortSignal.timeout(limits.total * 1000);
  const settings = session.settings();
  const items: Item[] = [];
  // Written as they come: a person who does not want to wait has what was there so far.
  const keep = async (found: Promise<readonly Item[]>) => {
    for (const each of await found) {
      items.push(each);
      const path = join(folder, fileOf(each));
      ownFolder(dirname(path));
      // Two hypervisors may tell the same.
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
    const lookAt = (node: StackNode) => {
      const its = node.uri ?? uri;
      if (its === undefined)
        return keep(Promise.resolve([item("ssh", node.name, "", "nothing says where its machine is")]));
      return keep(
        Promise.all([...askMachine(node, its, signal), askNode(node, { ...access, uri: its })]).then((all) =>
          all.flat(),
        ),
      );
    };
    // Where all cannot be asked in time, the failed ones have been.
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

/** What stands in an item's file. */
function content({ text, missing }: Item): string {
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${end}${missing === undefined ? "" : `(missing: ${missing})\n`}`;
}

/** Kubernetes' table of nodes: asked from here, else as the control plane told it. */
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

/** A diagnosis follows runs that were refused, and the URI may be why: then only hypervisors of the state are asked. */
async function usableUri({ get }: StackSettings, keep: Keep): Promise<string | undefined> {
  const uri = get("libvirtUri");
  const wanted = uriProblem(uri);
  if (wanted === undefined) return uri;
  const why = `libvirtUri is not asked: wanted ${wanted}, got ${withoutPassword(uri)}`;
  await keep(Promise.resolve([item("domains", undefined, "", why)]));
  return undefined;
}

type Keep = (found: Promise<readonly Item[]>) => Promise<void>;

async function knownState({ stack, capture }: DiagnosedSession, keep: Keep): Promise<StackState> {
  try {
    const state = readState(await capture(["stack", "export", "--stack", stack]));
    await keep(Promise.resolve([item("state", undefined, progress(state))]));
    return state;
  } catch (error) {
    await keep(Promise.resolve([item("state", undefined, "", (error as Error).message.split("\n").at(-1))]));
    return { nodes: [], uris: [], networks: [], pools: [], kubeconfig: undefined, ready: false };
  }
}

/** How far each node came. */
function progress({ nodes, ready }: StackState): string {
  const rows = nodes.map(({ name, address, steps }) => {
    const done = steps.map((step) => `${step.name}: ${step.done ? "done" : "not done"}`).join(", ");
    return `${name} (${address ?? "no address yet"})  ${done}`;
  });
  return [...rows, `waiting until all nodes are Ready: ${ready ? "done" : "not done"}`].join("\n");
}

/** What the state names, else what the stack's settings do: a first `up` may have failed before it made them. */
function placesOf({ networks, pools }: StackState, { get }: StackSettings) {
  const network = get("network") || get("networkName");
  const pool = get("storagePool");
  return {
    networks: networks.length > 0 ? networks : [network],
    pools: pools.length > 0 ? pools : pool === "" ? [] : [pool],
  };
}

function loginOf({ get }: StackSettings, { variables }: DiagnosedSession): Login {
  const user = get("sshUser");
  if (get("sshAgent") === "true") return { user, keyPaths: [] };
  const setting = get("sshPrivateKeyPath");
  const named = { publicKey: get("sshPublicKey"), privateKeyPath: setting, agent: false };
  const sources = publicKeySources(named, { ...process.env, ...variables });
  // Which of them the cluster was made with only the program can tell.
  return { user, keyPaths: [...new Set(sources.map((source) => expandHome(privateKeyPath(source, setting))))] };
}

/** A kubectl that is there, of any version; one that had to be built would come too late. */
async function kubectlHere(): Promise<string | undefined> {
  const installed = which("kubectl");
  if (installed !== undefined) return installed;
  const cached = await cachedNodeBinaries("kubernetes").catch(() => undefined);
  return cached && join(cached, "kubectl");
}
