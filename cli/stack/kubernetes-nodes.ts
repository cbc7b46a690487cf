import { checkShape, list, mapOf, object, readJson, text } from "../../lib/outside.ts";
import { poolLabel, realNodes } from "../../names.ts";

/** A Node of Kubernetes, as the API server has it. */
export interface KubernetesNode {
  readonly name: string;
  /** As `kubectl get nodes` prints it, such as `Ready` or `NotReady,SchedulingDisabled`. */
  readonly status: string;
  /** Version of its kubelet; "" before the kubelet has reported it. */
  readonly version: string;
  readonly address: string | undefined;
  /** Worker pool that it belongs to. */
  readonly pool: string | undefined;
  /** Time of its creation in milliseconds since 1970; undefined where it is unreadable. */
  readonly created: number | undefined;
}

/** The fields of a Node object that are read. */
interface NodeObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
  };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
  };
}

interface NodeList {
  readonly items: readonly NodeObject[];
}

const source = { name: "the API server's list of nodes", fix: "run the command again, then npm run diagnose" };
const nodeListShape = object({
  items: list(
    object(
      { metadata: object({ name: text }, { labels: mapOf(text), creationTimestamp: text }) },
      {
        spec: object({}),
        status: object(
          {},
          {
            conditions: list(object({ type: text, status: text })),
            addresses: list(object({ type: text, address: text })),
            nodeInfo: object({}, { kubeletVersion: text }),
          },
        ),
      },
    ),
  ),
});

/**
 * Lists the Nodes that have machines.
 * @param kubectl Runs kubectl, and returns what it prints.
 * @throws when the API server does not answer, or kubectl prints something else.
 */
export async function kubernetesNodes(
  kubectl: (...args: readonly string[]) => Promise<string>,
): Promise<readonly KubernetesNode[]> {
  const json = await kubectl("get", "nodes", "--selector", realNodes, "--output", "json");
  return readJson<NodeList>(json, source, nodeListShape).items.map(describeNode);
}

/** Path of the API server whose answer {@link nodesIn} reads. */
export const realNodesPath = `/api/v1/nodes?labelSelector=${encodeURIComponent(realNodes)}`;

/** Returns the Nodes of an answer of the API server. @throws when it is no list of Nodes. */
export function nodesIn(answer: unknown): readonly KubernetesNode[] {
  return checkShape<NodeList>(answer, source, nodeListShape).items.map(describeNode);
}

/** Whether a {@link KubernetesNode.status} is Ready. A Node that takes no new pods may be. */
export function isReady(status: string): boolean {
  return status.split(",")[0] === "Ready";
}

function describeNode({ metadata, spec, status = {} }: NodeObject): KubernetesNode {
  const { conditions = [], addresses = [], nodeInfo } = status;
  const ready = conditions.some((condition) => condition.type === "Ready" && condition.status === "True");
  const created = Date.parse(metadata.creationTimestamp ?? "");
  return {
    name: metadata.name,
    status: `${ready ? "Ready" : "NotReady"}${spec?.unschedulable ? ",SchedulingDisabled" : ""}`,
    version: nodeInfo?.kubeletVersion ?? "",
    address: addresses.find(({ type }) => type === "InternalIP")?.address,
    pool: metadata.labels?.[poolLabel],
    created: Number.isNaN(created) ? undefined : created,
  };
}
