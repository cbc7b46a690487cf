import { join } from "node:path";
import { realNodes } from "../../names.ts";
import { writeOwn } from "../../lib/private-files.ts";
import type { Session } from "../stack/session.ts";
import { item, tail, type Item } from "./evidence.ts";
import { probe } from "./probe.ts";
import { kubeconfigOf, type ClusterState } from "./state.ts";

/** Names of Kubernetes' items. */
const kubernetesItems = ["nodes", "conditions", "pods", "events"] as const;

const conditions =
  '{range .items[*]}{.metadata.name}{range .status.conditions[*]}{"\\n  "}{.type}={.status} {.reason}: {.message}{end}{"\\n"}{end}';

/** Access to the cluster. */
export interface ClusterAccess {
  readonly session: Pick<Session, "stack" | "capture">;
  readonly state: ClusterState;
  /** Path of kubectl; undefined when it is missing. */
  readonly kubectl: string | undefined;
  /** Private folder for the kubeconfig. The caller deletes it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Asks Kubernetes, as its administrator, for nodes, pods and events. Never asks for Secrets. */
export async function askCluster(access: ClusterAccess): Promise<readonly Item[]> {
  const { kubectl, signal } = access;
  const nothing = (why: string) => kubernetesItems.map((name) => item(name, undefined, "", why));
  if (kubectl === undefined) return nothing("kubectl is not installed");
  let path: string;
  try {
    path = await writeKubeconfig(access);
  } catch (error) {
    return nothing((error as Error).message.split("\n")[0] ?? "");
  }
  const ask = (name: string, ...args: readonly string[]) =>
    probe(name, kubectl, ["--kubeconfig", path, "--request-timeout", "30s", "get", ...args], { signal });
  // The first request shows whether the server answers, so that the others do not wait for a dead one.
  const nodes = await ask("nodes", "nodes", "--selector", realNodes, "--output", "wide");
  if (nodes.missing !== undefined) return nothing(nodes.missing);
  const others = await Promise.all([
    ask("conditions", "nodes", "--selector", realNodes, "--output", `jsonpath=${conditions}`),
    ask("pods", "pods", "--all-namespaces", "--output", "wide"),
    ask("events", "events", "--all-namespaces", "--sort-by", ".lastTimestamp"),
  ]);
  const shorten: Readonly<Record<string, (text: string) => string>> = { conditions: byNode, pods: notRunning };
  return [nodes, ...others.map((each) => ({ ...each, text: shorten[each.name]?.(each.text) ?? each.text }))];
}

/** Puts a node's name before each of its conditions, so that each line is complete. */
export function byNode(conditions: string): string {
  let node = "";
  return conditions
    .split("\n")
    .flatMap((line) => {
      if (line.startsWith(" ")) return [`${node}: ${line.trim()}`];
      node = line.trim();
      return [];
    })
    .join("\n");
}

/** Keeps the lines of pods without all their containers running. */
export function notRunning(table: string): string {
  const [head = "", ...rows] = table.split("\n").filter(Boolean);
  const bad = rows.filter((row) => {
    const [, , ready = "", status = ""] = row.split(/\s+/);
    const [up, all] = ready.split("/");
    return status !== "Completed" && (status !== "Running" || up !== all);
  });
  return bad.length === 0 ? `all ${rows.length} pods run` : tail([head, ...bad].join("\n"));
}

/** Finds nodes that are not Ready in Kubernetes' table of nodes. */
export function notReady(table: string): readonly string[] {
  return table
    .split("\n")
    .slice(1)
    .filter((row) => /^\S+\s+(NotReady|Unknown)/.test(row))
    .map((row) => row.split(/\s+/)[0] ?? "");
}

async function writeKubeconfig({ session, state, folder }: ClusterAccess): Promise<string> {
  if (state.kubeconfig === undefined) throw new Error("the state has no kubeconfig");
  const text = await session
    .capture(["stack", "export", "--show-secrets", "--stack", session.stack])
    .catch((error: unknown) => {
      // Its other lines may have secrets.
      throw new Error(`the kubeconfig could not be read: ${(error as Error).message.split("\n").at(-1)}`);
    });
  const path = join(folder, "kubeconfig");
  await writeOwn(path, kubeconfigOf(text, state.kubeconfig));
  return path;
}
