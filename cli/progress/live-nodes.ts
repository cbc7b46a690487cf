import { setTimeout as sleep } from "node:timers/promises";
import { administratorOf } from "../bench/administrator.ts";
import { Connection } from "../../lib/api-server.ts";
import { nodesIn, realNodesPath, type KubernetesNode } from "../stack/kubernetes-nodes.ts";
import type { Session } from "../stack/session.ts";

/** Milliseconds until the API server must have answered. */
const limit = 20_000;

/**
 * Asks the cluster's API server for the nodes that have machines. The kubeconfig stays in this process's memory. kubectl needs
 * it in a file, and a machine on which no command has used kubectl downloads or builds it first.
 * @param patience Limit in milliseconds.
 * @throws when the API server does not answer in time, or the stack has no readable kubeconfig.
 */
export async function readLiveNodes(
  { stack, capture }: Pick<Session, "stack" | "capture">,
  patience = limit,
): Promise<readonly KubernetesNode[]> {
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
    const answer = connection.send<unknown>("GET", realNodesPath);
    // The one that comes second has no reader.
    answer.catch(() => undefined);
    return nodesIn(await Promise.race([answer, late]));
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
