import pMap from "p-map";
import type { Virsh } from "../../libvirt/virsh.ts";
import { clientValidity, daysLeft } from "../../lifecycle/certificates.ts";
import { resourceType } from "../../names.ts";
import { clusterStateOf, type ClusterNode } from "../diagnose/state.ts";
import type { FoundContext } from "../kubeconfig/context.ts";
import { machinesOf, readMachineState, wordFor, type Machine } from "../machines/machine.ts";
import { apiServerProblem, type Kubectl } from "../machines/readiness.ts";
import { unmountedStorage } from "../recovery/unmounted-storage.ts";
import type { ArchivedRun } from "../runs/archive.ts";
import { kubernetesNodes, type KubernetesNode } from "../stack/kubernetes-nodes.ts";
import { clusterOf, resourcesOf, stackOutputs, type StackState } from "../stack/state.ts";
import type { ClusterStatus, NodeStatus } from "./cluster-status.ts";
import { fixFor, hintsFor } from "./hints.ts";

/** Facts and connections of {@link readStatus}. */
export interface StatusSources {
  readonly stack: string;
  readonly state: StackState;
  readonly connect: (uri: string) => Virsh;
  /** The administrator's kubeconfig; an error where the stack has none. Secret. */
  readonly kubeconfig: string | Error;
  /** kubectl with that kubeconfig. */
  readonly ask: Kubectl;
  readonly runs: readonly ArchivedRun[];
  readonly context: FoundContext | undefined;
  readonly now?: Date;
}

/** Five calls of virsh at a time, because each is a login over ssh, and sshd refuses more than ten at once. */
const concurrency = 5;

/** Reads the status of a stack's cluster. A part that does not answer is a hint. @throws where the stack has no cluster. */
export async function readStatus(sources: StatusSources): Promise<ClusterStatus> {
  const { stack, state, kubeconfig, context, now = new Date() } = sources;
  const cluster = clusterOf(state);
  if (cluster === "") throw new Error(`stack ${stack} has no cluster. Fix: ${fixFor(stack, "up")}`);
  const [machines, kubernetes, storage] = await Promise.all([
    readMachines(sources),
    askKubernetes(sources),
    unmountedStorage(state, sources.connect),
  ]);
  const nodes = clusterStateOf(state).nodes.map((node) =>
    nodeStatus(node, machines, kubernetes.nodes, memoryOf(state, node.resource)),
  );
  const validity = kubeconfig instanceof Error ? undefined : clientValidity(kubeconfig);
  const lastRun = lastRunOf(sources);
  const { apiEndpoint, simulatedNodes } = stackOutputs(state);
  const facts = {
    stack,
    cluster,
    nodes,
    simulatedNodes: (simulatedNodes ?? {}) as Readonly<Record<string, number>>,
    apiServer: {
      ...(typeof apiEndpoint === "string" ? { endpoint: apiEndpoint } : {}),
      isReady: kubernetes.problem === undefined,
      ...(kubernetes.problem === undefined ? {} : { problem: kubernetes.problem }),
    },
    ...(validity === undefined
      ? {}
      : { certificates: { end: validity.to.toISOString(), days: daysLeft(validity, now) } }),
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(context === undefined ? {} : { context }),
  };
  const hints = hintsFor(facts, state, machines, kubernetes.nodes);
  return { ...facts, hints: storage === undefined ? hints : [storage, ...hints] };
}

/** State of each node's machine, by the node's name. */
async function readMachines({ state, connect }: StatusSources): Promise<ReadonlyMap<string, string>> {
  const read = async ({ name, uri, uuid }: Machine) => {
    try {
      return [name, wordFor(await readMachineState(connect(uri), uuid))] as const;
    } catch (error) {
      return [name, `unknown: ${(error as Error).message.split("\n")[0] ?? ""}`] as const;
    }
  };
  return new Map(await pMap(machinesOf(state), read, { concurrency }));
}

async function askKubernetes({ kubeconfig, ask }: StatusSources) {
  const nothing: readonly KubernetesNode[] | undefined = undefined;
  if (kubeconfig instanceof Error)
    return { nodes: nothing, problem: kubeconfig.message.trim().split("\n").at(-1) ?? "" };
  const [problem, nodes] = await Promise.all([apiServerProblem(ask), kubernetesNodes(ask).catch(() => nothing)]);
  return { nodes, problem };
}

function nodeStatus(
  { name, role, address }: ClusterNode,
  machines: ReadonlyMap<string, string>,
  nodes: readonly KubernetesNode[] | undefined,
  memoryMiB: number | undefined,
): NodeStatus {
  const node = nodes?.find((other) => other.name === name);
  const where = node?.address ?? address;
  return {
    name,
    role,
    ...(node === undefined ? {} : { status: node.status, version: node.version }),
    ...(where === undefined ? {} : { address: where }),
    machine: machines.get(name)?.split(":")[0] ?? "missing",
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(node?.pool === undefined ? {} : { pool: node.pool }),
  };
}

function memoryOf(state: StackState, domain: string): number | undefined {
  const found = resourcesOf(state, resourceType.domain).find(({ urn }) => urn.endsWith(`::${domain}`));
  const memory = found?.outputs?.memory ?? found?.inputs?.memory;
  return typeof memory === "number" ? memory : undefined;
}

function lastRunOf({ stack, runs }: StatusSources): ClusterStatus["lastRun"] {
  const own = runs.findLast(({ record }) => !(record instanceof Error) && record.stack === stack);
  if (own === undefined || own.record instanceof Error) return undefined;
  const { command, outcome, start } = own.record;
  return { name: own.name, command, outcome, start };
}
