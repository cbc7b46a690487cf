import { list, mapOf, object, readJson, text } from "../../lib/outside.ts";
import { poolLabel, realNodes } from "../../names.ts";
import type { Kubectl } from "../machines/readiness.ts";

/** A Node of Kubernetes. */
export interface KubernetesNode {
  readonly name: string;
  /** As `kubectl get nodes` prints it, such as `Ready` or `NotReady,SchedulingDisabled`. */
  readonly status: string;
  /** Version of its kubelet. */
  readonly version: string;
  readonly address: string | undefined;
  /** Worker pool that it belongs to. */
  readonly pool: string | undefined;
}

/** The fields of a Node object that are read. */
export interface NodeObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
  };
}

const source = { name: "kubectl's list of nodes", fix: "run the command again, then npm run diagnose" };
const answerShape = object({
  items: list(
    object(
      { metadata: object({ name: text }, { labels: mapOf(text) }) },
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

/** Lists the Nodes that have machines. @throws when the API server does not answer, or kubectl prints something else. */
export async function kubernetesNodes(ask: Kubectl): Promise<readonly KubernetesNode[]> {
  const json = await ask("get", "nodes", "--selector", realNodes, "--output", "json");
  return readJson<{ readonly items: readonly NodeObject[] }>(json, source, answerShape).items.map(describeNode);
}

/** Returns a Node in kubectl's words. */
export function describeNode({ metadata, spec, status = {} }: NodeObject): KubernetesNode {
  const { conditions = [], addresses = [], nodeInfo } = status;
  const isReady = conditions.some((condition) => condition.type === "Ready" && condition.status === "True");
  return {
    name: metadata.name,
    status: `${isReady ? "Ready" : "NotReady"}${spec?.unschedulable ? ",SchedulingDisabled" : ""}`,
    version: nodeInfo?.kubeletVersion ?? "",
    address: addresses.find(({ type }) => type === "InternalIP")?.address,
    pool: metadata.labels?.[poolLabel],
  };
}
