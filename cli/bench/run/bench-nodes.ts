import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import { simulatedTaint } from "../../../config/simulated-nodes.ts";
import type { Connection, ObjectList, StoredObject } from "../../../lib/api-server.ts";
import { sha256 } from "../../../lib/digest.ts";
import { simulatedLabel } from "../../../names.ts";
import type { KubernetesObject, Operation, VolumeLimits } from "../workload/operation.ts";
import { quantity } from "./quantity.ts";
import type { BenchNode } from "./repetition.ts";

/** Value of {@link simulatedLabel} on the nodes of a benchmark. */
export const benchPool = "bench";

const nodesPath = "/api/v1/nodes";
const ownSelector = `labelSelector=${encodeURIComponent(`${simulatedLabel}=${benchPool}`)}`;
const ownNodes = `${nodesPath}?${ownSelector}`;
const csiNodes = "/apis/storage.k8s.io/v1/csinodes";

/** Requests at the same time. One connection's server answers about this many without a queue. */
const atOnce = 16;

/** Seconds in which kwok makes a node Ready, and those for all nodes together; a busy emulated control plane makes two a second. */
const readySeconds = { each: 1.2, all: 600 } as const;

interface NodeObject extends StoredObject {
  readonly metadata: StoredObject["metadata"] & { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

type NodeOperation = Extract<Operation, { readonly opcode: "createNodes" }>;

/**
 * Creates the simulated nodes of a workload, once for all repetitions, and waits until all are Ready.
 * @param podRange A range of the pod network that all of them share, so that they take none of a worker.
 * @returns whether the cluster has other nodes. Only then the simulated ones have a taint, and pods need a selector for them.
 */
export async function createNodes(
  connection: Connection,
  operations: readonly NodeOperation[],
  podRange: string,
  signal: AbortSignal,
): Promise<boolean> {
  await deleteNodes(connection, signal);
  const others = await connection.send<ObjectList<NodeObject>>("GET", `${nodesPath}?limit=1`);
  const isConfined = others.items.length > 0;
  const nodes = operations.flatMap(({ count, node, volumeLimits }) =>
    Array.from({ length: count }, (_, index) => ({ node: node(index), volumeLimits })),
  );
  // A workload may select a node by its name.
  const nameOf = ({ metadata }: KubernetesObject, index: number) =>
    (metadata as { readonly name?: string }).name || `bench-${index}`;
  const named = nodes.map((each, index) => ({ ...each, name: nameOf(each.node, index) }));
  const create = async ({ node, name, volumeLimits }: (typeof named)[number]) => {
    await connection.send("POST", nodesPath, benchNode(node, { name, podRange, isConfined }));
    if (volumeLimits !== undefined) await connection.send("POST", csiNodes, csiNode(name, volumeLimits));
  };
  await pMap(named, create, { concurrency: atOnce, signal });
  const limit = readySeconds.all + readySeconds.each * named.length;
  const end = Date.now() + limit * 1000;
  for (;;) {
    const begin = Date.now();
    const ready = (await listNodes(connection)).filter(isReady).length;
    if (ready === named.length) return isConfined;
    if (Date.now() > end) {
      throw new Error(
        `${ready} of ${named.length} simulated nodes are Ready after ${Math.round(limit)} s. ` +
          "Fix: look at the unit kwok of the control plane, e.g. with npm run diagnose",
      );
    }
    await pauseAfter(begin, signal);
  }
}

/** Deletes the simulated nodes of a benchmark, also those of a killed one. */
export async function deleteNodes(connection: Connection, signal?: AbortSignal): Promise<void> {
  const items = await listNodes(connection);
  await pMap(items, ({ metadata }) => connection.send("DELETE", `${nodesPath}/${metadata.name}`), {
    concurrency: atOnce,
    ...(signal === undefined ? {} : { signal }),
  });
  await connection.send("DELETE", `${csiNodes}?${ownSelector}`);
}

/** Returns the nodes that pods of the benchmark may get. @param real Whether they are the real workers. */
export async function candidateNodes(connection: Connection, real: boolean): Promise<readonly BenchNode[]> {
  const selector = encodeURIComponent(`!${simulatedLabel},!node-role.kubernetes.io/control-plane`);
  const items = real
    ? (await connection.send<ObjectList<NodeObject>>("GET", `${nodesPath}?labelSelector=${selector}`)).items
    : await listNodes(connection);
  return items.filter(isReady).map(({ metadata, status }) => ({
    name: metadata.name,
    labels: metadata.labels ?? {},
    allocatable: Object.fromEntries(
      Object.entries(status?.allocatable ?? {}).map(([name, value]) => [name, quantity(value)]),
    ),
  }));
}

/** Milliseconds in which nodes get the expected digest. An emulated controller manager taints a new node again for some seconds. */
const settleLimit = 30_000;

/** Returns the nodes as {@link candidateNodes} does, once they have the digest. After half a minute it returns others, too. */
export async function settledNodes(
  connection: Connection,
  { real, digest, signal }: { readonly real: boolean; readonly digest: string; readonly signal: AbortSignal },
): Promise<readonly BenchNode[]> {
  const end = Date.now() + settleLimit;
  for (;;) {
    const begin = Date.now();
    const nodes = await candidateNodes(connection, real);
    if (nodesDigest(nodes) === digest || Date.now() > end) return nodes;
    await pauseAfter(begin, signal);
  }
}

/** Digest of the nodes: another one means that repetitions do not compare. */
export function nodesDigest(nodes: readonly BenchNode[]): string {
  const ordered = nodes.map(({ name, allocatable, labels }) => [name, sorted(allocatable), sorted(labels)]);
  return sha256(JSON.stringify(ordered.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))));
}

function sorted(record: Readonly<Record<string, unknown>>) {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function benchNode(
  node: KubernetesObject,
  { name, podRange, isConfined }: { readonly name: string; readonly podRange: string; readonly isConfined: boolean },
): KubernetesObject {
  const { labels = {}, annotations = {} } = node.metadata as {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  const spec = (node.spec ?? {}) as { readonly taints?: readonly object[] };
  const status = (node.status ?? {}) as { readonly capacity?: object; readonly allocatable?: object };
  const taints = [...(isConfined ? [simulatedTaint] : []), ...(spec.taints ?? [])];
  const amounts = status.allocatable ?? status.capacity ?? {};
  return {
    ...node,
    metadata: {
      name,
      labels: { ...labels, "kubernetes.io/hostname": name, [simulatedLabel]: benchPool },
      annotations: { ...annotations, "kwok.x-k8s.io/node": "fake" },
    },
    spec: { ...spec, podCIDR: podRange, podCIDRs: [podRange], taints },
    status: { capacity: amounts, allocatable: amounts },
  };
}

/** A node's kubelet would create it, and a simulated node has none. */
function csiNode(name: string, { drivers, migratedPlugins }: VolumeLimits): object {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: {
      name,
      labels: { [simulatedLabel]: benchPool },
      annotations: { "storage.alpha.kubernetes.io/migrated-plugins": migratedPlugins.join(",") },
    },
    spec: {
      drivers: Object.entries(drivers).map(([driver, count]) => ({
        ...{ name: driver, nodeID: name },
        allocatable: { count },
      })),
    },
  };
}

/** Waits ten times as long as a list took. One of 1,000 nodes costs an emulated API server seconds, which kwok needs. */
async function pauseAfter(begin: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(1_000, 10 * (Date.now() - begin)), undefined, { signal });
}

async function listNodes(connection: Connection): Promise<readonly NodeObject[]> {
  return (await connection.send<ObjectList<NodeObject>>("GET", ownNodes)).items;
}

function isReady({ spec, status }: NodeObject): boolean {
  const ready = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
  const isNew = spec?.taints?.some(({ key }) => key.startsWith("node.kubernetes.io/"));
  return ready === true && isNew !== true && spec?.unschedulable !== true;
}
