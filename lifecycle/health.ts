import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Timeouts } from "../config/timeouts.ts";
import { clientValidity } from "./certificates.ts";
import { getFromCluster } from "./kubernetes-api.ts";
import type { PriorState } from "./prior-state.ts";
import { Sightings } from "./sightings.ts";
import { realNodes, suffix } from "../names.ts";
import type { Node, Topology } from "../topology.ts";

/** Result of a health check, which runs before anything changes. */
export interface Health {
  /** Names of the nodes that must join again: the Node is missing, or the machine runs and its kubelet does not. */
  readonly lost: ReadonlySet<string>;
  /** Whether any node is not Ready, so that the run must wait for readiness again. */
  readonly degraded: boolean;
  /** Whether the API server did not answer, for example because its machine is off or boots. */
  readonly silent: boolean;
}

/** Result for a cluster without problems, and for one that does not exist yet. */
export const healthy: Health = { lost: new Set(), degraded: false, silent: false };

/** Ports that answer when the machine runs, and when its kubelet runs. */
export interface NodePorts {
  readonly ssh: number;
  readonly kubelet: number;
}

const nodePorts: NodePorts = { ssh: 22, kubelet: 10250 };

/** A node that has joined, so that its Node has existed. */
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
 * Checks whether the nodes that have joined are still in the cluster and Ready. Changes nothing.
 *
 * No resource of the program detects this: a join is a command that ran once, and a refresh does not read commands.
 * @param timeouts `reboot`: minutes that a node may take for a reboot.
 */
export async function checkHealth(
  prior: PriorState,
  { master, workers }: Topology,
  timeouts: Pick<Timeouts, "reboot">,
): Promise<Health> {
  const [first, ...others] = [master, ...workers].map((node) => settledNode(prior, node));
  const kubeconfig = prior.outputsOf("remoteCommand", `${master.resourceName}${suffix.kubeconfig}`)?.stdout;
  // Before the first bring-up there is no cluster to check.
  if (first === undefined || typeof kubeconfig !== "string") return healthy;
  const settled = others.filter((node) => node !== undefined);
  const validity = clientValidity(kubeconfig);
  const health = await checkNodes(kubeconfig, first.name, settled, {
    graceSeconds: timeouts.reboot * 60,
    hasExpired: validity !== undefined && validity.to < new Date(),
    sightings: Sightings.ofThisRun(),
  });
  // Kubernetes takes 40 s to notice that a machine is off. The state has it from the refresh.
  const isOff = (node: Node) =>
    settledNode(prior, node) !== undefined && prior.outputsOf("domain", node.resourceName)?.running === false;
  return { ...health, degraded: health.degraded || [master, ...workers].some(isOff) };
}

/**
 * Returns a node that has joined; undefined for a node that has not. A run that was killed may have left a worker that has
 * joined and was never Ready.
 */
function settledNode(prior: PriorState, { name, resourceName }: Node): SettledNode | undefined {
  const identity = prior.outputsOf("localCommand", `${resourceName}${suffix.hostKey}`)?.stdout;
  const steps = [suffix.join, suffix.init];
  const hasJoined = steps.some((step) => prior.outputsOf("remoteCommand", `${resourceName}${step}`) !== undefined);
  if (typeof identity !== "string" || !hasJoined) return undefined;
  return { name, address: (JSON.parse(identity) as { address: string }).address };
}

/** Options of {@link checkNodes}. */
export interface NodeCheck {
  /** Seconds that an unavailable kubelet may take to answer again, for example after a reboot. */
  readonly graceSeconds: number;
  /** Whether the cluster's certificates have expired, so that its API server refuses every request. @default false */
  readonly hasExpired?: boolean;
  /** Times since when kubelets are unavailable, including those of an earlier check in the same run. @default none */
  readonly sightings?: Sightings;
  readonly ports?: NodePorts;
}

/** Path of the request for the Nodes that have machines. */
const listOfNodes = `/api/v1/nodes?labelSelector=${encodeURIComponent(realNodes)}`;

/** Seconds between two checks. */
const pauseSeconds = 5;

/** Answers in a row after which a kubelet counts as available again: one that fails at its start answers now and then. */
const steadyAnswers = 3;

/**
 * Checks the nodes of a cluster.
 * @param kubeconfig The administrator's. Secret.
 * @param master Name of the control plane's node. It never joins, because its kubelet registers it again.
 */
export async function checkNodes(
  kubeconfig: string,
  master: string,
  workers: readonly SettledNode[],
  { graceSeconds, hasExpired = false, sightings = new Sightings(undefined), ports = nodePorts }: NodeCheck,
): Promise<Health> {
  const answersInARow = new Map<string, number>();
  // A bound for all nodes together, because kubelets that fail in turn would extend the wait without end.
  const latest = Date.now() + 2 * graceSeconds * 1000;
  for (;;) {
    // With expired certificates the API server answers nothing. A kubelet whose own certificate has expired does not run.
    const ready = hasExpired ? new Map(workers.map(({ name }) => [name, false])) : await readiness(kubeconfig);
    // An unavailable API server is no reason for a worker to join again.
    if (ready === undefined) return { lost: new Set(), degraded: true, silent: true };
    const missing = workers.filter(({ name }) => !ready.has(name));
    const unready = workers.filter(({ name }) => ready.get(name) === false);
    const unavailable: SettledNode[] = [];
    await Promise.all(
      unready.map(async (node) => {
        const silent = await isSilent(node, ports);
        const inARow = silent ? 0 : (answersInARow.get(node.name) ?? steadyAnswers - 1) + 1;
        answersInARow.set(node.name, inARow);
        if (inARow < steadyAnswers) unavailable.push(node);
      }),
    );
    const since = sightings.update(unavailable.map(({ name }) => name));
    const isOver = ({ name }: SettledNode) => Date.now() - (since.get(name) ?? Date.now()) >= graceSeconds * 1000;
    if (unavailable.every(isOver) || Date.now() >= latest) {
      const lost = new Set([...missing, ...unavailable].map(({ name }) => name));
      return { lost, degraded: missing.length + unready.length > 0 || !ready.get(master), silent: false };
    }
    await sleep(pauseSeconds * 1000);
  }
}

/** Returns whether each Node is Ready; undefined when the API server does not answer. */
async function readiness(kubeconfig: string): Promise<ReadonlyMap<string, boolean> | undefined> {
  try {
    const { items } = JSON.parse(await getFromCluster(kubeconfig, listOfNodes)) as { items: readonly NodeObject[] };
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
    // On the network of a hypervisor an answer takes milliseconds, and a second under emulation.
    socket.setTimeout(5000, () => end(false));
    socket.on("connect", () => end(true)).on("error", () => end(false));
  });
}
