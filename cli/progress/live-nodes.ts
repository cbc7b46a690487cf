import { setTimeout as sleep } from "node:timers/promises";
import { administratorOf } from "../bench/administrator.ts";
import { describeNode, type NodeObject } from "../overview/kubernetes-nodes.ts";
import type { LiveNode } from "../stack/outputs.ts";
import { Connection } from "../../lib/api-server.ts";
import { realNodes } from "../../names.ts";
import type { Session } from "../stack/session.ts";

/** Milliseconds until the API server must have answered. */
const limit = 20_000;

/** A Node as the API server describes it. */
interface CreatedNode extends NodeObject {
  readonly metadata: NodeObject["metadata"] & { readonly creationTimestamp?: string };
}

/**
 * Asks the cluster's API server for the nodes that have machines. The kubeconfig stays in this process's memory. kubectl needs
 * it in a file, and a machine on which no command has used kubectl downloads or builds it first.
 * @param patience Limit in milliseconds.
 * @throws when the API server does not answer in time, or the stack has no readable kubeconfig.
 */
export async function readLiveNodes(
  { stack, capture }: Pick<Session, "stack" | "capture">,
  patience = limit,
): Promise<readonly LiveNode[]> {
  const kubeconfig = await capture(["stack", "output", "kubeconfig", "--show-secrets", "--stack", stack]);
  const access = accessOf(kubeconfig);
  if (access === undefined) throw new Error("the kubeconfig has no address of an API server");
  const { server, administrator } = access;
  using connection = new Connection(server, administrator);
  const timer = new AbortController();
  const late = sleep(patience, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`the API server did not answer within ${patience / 1000} s`);
  });
  try {
    const path = `/api/v1/nodes?labelSelector=${encodeURIComponent(realNodes)}`;
    const answer = connection.send<{ readonly items: readonly CreatedNode[] }>("GET", path);
    // The one that comes second has no reader.
    answer.catch(() => undefined);
    return (await Promise.race([answer, late])).items.map((node) => liveNode(node));
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
}

/** Returns undefined for a kubeconfig that is not as kubeadm writes it. */
function accessOf(kubeconfig: string): ReturnType<typeof administratorOf> | undefined {
  try {
    const access = administratorOf(kubeconfig);
    return URL.canParse(access.server.endpoint) ? access : undefined;
  } catch {
    return undefined;
  }
}

function liveNode(node: CreatedNode): LiveNode {
  const { name, status, version, address = "" } = describeNode(node);
  const created = Date.parse(node.metadata.creationTimestamp ?? "");
  return { name, status, version, address, created: Number.isNaN(created) ? undefined : created };
}
