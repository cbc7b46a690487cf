import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Timeouts } from "../config/timeouts.ts";
import { clientValidity } from "./certificates.ts";
import { getFromCluster } from "./kubernetes-api.ts";
import type { PriorState } from "./prior-state.ts";
import { Sightings } from "./sightings.ts";
import { suffix } from "../names.ts";
import type { Node, Topology } from "../topology.ts";

/** What a look at the running cluster found, before anything is changed. */
export interface Health {
  /** Nodes that have to join again: their Node is gone, or their machine is up and its kubelet is not. */
  readonly lost: ReadonlySet<string>;
  /** Whether anything is not as it was left, so that readiness has to be asked again. */
  readonly degraded: boolean;
}

/** Where nothing is known of a cluster, nothing is wrong with it. */
export const healthy: Health = { lost: new Set(), degraded: false };

/** Ports by which a machine that is up is told from a kubelet that is. */
export interface NodePorts {
  readonly ssh: number;
  readonly kubelet: number;
}

const nodePorts: NodePorts = { ssh: 22, kubelet: 10250 };

/** A node as it was left. */
export interface SettledNode {
  readonly name: string;
  /** Address of its machine. */
  readonly address: string;
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/**
 * Looks whether the nodes that have joined are still in the cluster and Ready. No resource of the program would notice:
 * joining is a step that was taken, and a refresh reads only what a provider can read. Changes nothing.
 */
export async function checkHealth(
  prior: PriorState,
  { master, workers }: Topology,
  timeouts: Pick<Timeouts, "reboot">,
): Promise<Health> {
  const [first, ...others] = [master, ...workers].map((node) => settledNode(prior, node));
  const kubeconfig = prior.outputsOf("remoteCommand", `${master.resourceName}${suffix.kubeconfig}`)?.stdout;
  // Before the first run has come that far, nothing can be amiss.
  if (first === undefined || typeof kubeconfig !== "string") return healthy;
  const settled = others.filter((node) => node !== undefined);
  const validity = clientValidity(kubeconfig);
  const health = await checkNodes(kubeconfig, first.name, settled, {
    graceSeconds: timeouts.reboot * 60,
    hasEnded: validity !== undefined && validity.to < new Date(),
    sightings: Sightings.ofThisRun(),
  });
  // The cluster takes forty seconds to notice that a machine is off; libvirt has told the state at once.
  const isOff = (node: Node) =>
    settledNode(prior, node) !== undefined && prior.outputsOf("domain", node.resourceName)?.running === false;
  return { ...health, degraded: health.degraded || [master, ...workers].some(isOff) };
}

/** A node that was Ready once; undefined when it never came that far. */
function settledNode(prior: PriorState, { name, resourceName }: Node): SettledNode | undefined {
  const identity = prior.outputsOf("localCommand", `${resourceName}${suffix.hostKey}`)?.stdout;
  const joined = prior.outputsOf("remoteCommand", `${resourceName}${suffix.ready}`);
  const isMaster = prior.outputsOf("remoteCommand", `${resourceName}${suffix.init}`) !== undefined;
  if (typeof identity !== "string" || (joined === undefined && !isMaster)) return undefined;
  return { name, address: (JSON.parse(identity) as { address: string }).address };
}

/** How to look at nodes. */
export interface NodeCheck {
  /** How long a node whose kubelet is away may take to come back by itself, as after a reboot. */
  readonly graceSeconds: number;
  /** Whether the cluster's certificates have ended, so that its API server lets nobody in. @default false */
  readonly hasEnded?: boolean;
  /** Since when each node's kubelet has been away, also by an earlier look of the same run. @default nothing is known */
  readonly sightings?: Sightings;
  readonly ports?: NodePorts;
}

/** Seconds between two looks. */
const pauseSeconds = 5;

/** How often a kubelet that was away has to answer in a row: one that fails at its start comes and goes. */
const steadyAnswers = 3;

/**
 * Looks at a cluster's nodes.
 * @param kubeconfig The administrator's. Secret.
 * @param master Name of the control plane's node: it registers again by itself, it never joins.
 */
export async function checkNodes(
  kubeconfig: string,
  master: string,
  workers: readonly SettledNode[],
  { graceSeconds, hasEnded = false, sightings = new Sightings(undefined), ports = nodePorts }: NodeCheck,
): Promise<Health> {
  const answersInARow = new Map<string, number>();
  // Kubelets that come and go in turn would keep this waiting for each other's.
  const latest = Date.now() + 2 * graceSeconds * 1000;
  for (;;) {
    // With certificates that have ended nobody is told, and a kubelet whose own has ended does not run.
    const ready = hasEnded ? new Map(workers.map(({ name }) => [name, false])) : await readiness(kubeconfig);
    // Whatever is wrong with the control plane, it is not that a worker has to join again.
    if (ready === undefined) return { lost: new Set(), degraded: true };
    const missing = workers.filter(({ name }) => !ready.has(name));
    const unready = workers.filter(({ name }) => ready.get(name) === false);
    const away: SettledNode[] = [];
    await Promise.all(
      unready.map(async (node) => {
        const silent = await isSilent(node, ports);
        const inARow = silent ? 0 : (answersInARow.get(node.name) ?? steadyAnswers - 1) + 1;
        answersInARow.set(node.name, inARow);
        if (inARow < steadyAnswers) away.push(node);
      }),
    );
    const since = sightings.update(away.map(({ name }) => name));
    const isOver = ({ name }: SettledNode) => Date.now() - (since.get(name) ?? Date.now()) >= graceSeconds * 1000;
    if (away.every(isOver) || Date.now() >= latest) {
      const lost = new Set([...missing, ...away].map(({ name }) => name));
      return { lost, degraded: missing.length + unready.length > 0 || !ready.get(master) };
    }
    // A kubelet that is starting answers within this time or the next; the grace bounds it.
    await sleep(pauseSeconds * 1000);
  }
}

/** Whether each Node is Ready; undefined when the API server does not say. */
async function readiness(kubeconfig: string): Promise<ReadonlyMap<string, boolean> | undefined> {
  try {
    const { items } = JSON.parse(await getFromCluster(kubeconfig, "/api/v1/nodes")) as { items: readonly NodeObject[] };
    const isReady = ({ status }: NodeObject) =>
      status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
    return new Map(items.map((node) => [node.metadata.name, isReady(node)]));
  } catch {
    return undefined;
  }
}

/** Whether a machine answers, but its kubelet does not. */
async function isSilent({ address }: SettledNode, ports: NodePorts): Promise<boolean> {
  const [ssh, kubelet] = await Promise.all([answers(address, ports.ssh), answers(address, ports.kubelet)]);
  return ssh && !kubelet;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    // On a network of one hypervisor an answer takes milliseconds, emulated a second.
    socket.setTimeout(5000, () => end(false));
    socket.on("connect", () => end(true)).on("error", () => end(false));
  });
}
