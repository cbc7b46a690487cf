import { rm } from "node:fs/promises";
import { join } from "node:path";
import { stateFolder } from "../../lib/checkout.ts";
import { list, number, object, mapOf, readJson, text } from "../../lib/outside.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import type { KubernetesNode } from "./kubernetes-nodes.ts";
import type { Session } from "./session.ts";
import { stackArguments } from "./settings.ts";
import { readState } from "./state.ts";
import { duration } from "../../lib/log.ts";
import { columns } from "../../lib/table.ts";

/** Outputs of a stack that describe its cluster. */
export interface ClusterOutputs {
  readonly nodes: readonly { readonly name: string; readonly role: string; readonly address: string }[];
  readonly apiEndpoint: string;
  /** End of its certificates, as ISO 8601; undefined before the first `up` of this release. */
  readonly certificatesEnd?: string | undefined;
  /** Number of simulated nodes by pool; undefined before the first `up` of this release. */
  readonly simulatedNodes?: Readonly<Record<string, number>> | undefined;
}

/** Answer of the API server about the nodes, or the reason why there is none. */
export type LiveNodes = readonly KubernetesNode[] | { readonly problem: string };

/** The part of a session that reads a stack. */
type StackReader = Pick<Session, "stack" | "capture">;

const outputsSource = { name: "the outputs of the stack", fix: "npm run up, which writes them again" };
const outputsShape = object(
  {},
  {
    nodes: list(object({ name: text, role: text, address: text })),
    apiEndpoint: text,
    certificatesEnd: text,
    simulatedNodes: mapOf(number),
  },
);

/** Reads the outputs of a stack. @throws where it has no cluster. */
export async function readOutputs({ stack, capture }: StackReader): Promise<ClusterOutputs> {
  const json = await capture(["stack", "output", "--json", "--stack", stack]);
  const outputs = readJson<Partial<ClusterOutputs>>(json, outputsSource, outputsShape);
  const { nodes, apiEndpoint, certificatesEnd, simulatedNodes } = outputs;
  if (nodes === undefined || apiEndpoint === undefined) {
    throw new Error(`stack ${stack} has no cluster. Fix: npm run up${optionOf(stack)}`);
  }
  return {
    nodes,
    apiEndpoint,
    ...(certificatesEnd === undefined ? {} : { certificatesEnd }),
    ...(simulatedNodes === undefined ? {} : { simulatedNodes }),
  };
}

/**
 * Nodes as a table, and the commands that come next.
 * @param live Answer of the API server, whose columns are in the table.
 * @param now Milliseconds since 1970, for the age of the nodes.
 */
export function summary(
  { nodes, apiEndpoint, certificatesEnd, simulatedNodes = {} }: ClusterOutputs,
  stack: string,
  live: LiveNodes,
  now = Date.now(),
): string {
  const simulated = Object.entries(simulatedNodes).map(([pool, count]) => `${count} in pool ${pool}`);
  const example = nodes.find(({ role }) => role === "worker") ?? nodes[0];
  const option = stackArguments(stack).join(" ");
  const words = (...parts: readonly string[]) => parts.filter((part) => part !== "").join(" ");
  return [
    ...("problem" in live ? plainTable(nodes, live.problem) : [liveTable(nodes, live, now)]),
    ...(simulated.length === 0 ? [] : [`simulated nodes: ${simulated.join(", ")}`]),
    "",
    `API server  ${apiEndpoint}`,
    ...(certificatesEnd === undefined ? [] : [`certificates end on ${certificatesEnd.slice(0, 10)}, renewed before`]),
    words("kubectl     npm run kubectl --", option, "get nodes"),
    ...(example === undefined ? [] : [words("ssh         npm run ssh --", option, example.name)]),
    `destroy     npm run destroy${optionOf(stack)}`,
  ].join("\n");
}

function liveTable(nodes: ClusterOutputs["nodes"], live: readonly KubernetesNode[], now: number): string {
  const found = new Map(live.map((node) => [node.name, node]));
  const rows = nodes.map(({ name, role, address }) => {
    const node = found.get(name);
    if (node === undefined) return [name, role, "missing", "", address, ""];
    return [name, role, node.status, node.version, node.address || address, ageOf(node.created, now)];
  });
  return columns([["NODE", "ROLE", "STATUS", "VERSION", "ADDRESS", "AGE"], ...rows]);
}

/** Table of the stack's outputs alone, and why it has no more. */
function plainTable(nodes: ClusterOutputs["nodes"], problem: string): readonly string[] {
  const rows = nodes.map(({ name, role, address }) => [name, role, address]);
  return [
    columns([["NODE", "ROLE", "ADDRESS"], ...rows]),
    `This table is from the stack's outputs, because the nodes could not be read: ${problem}`,
  ];
}

/** Age as `5m10s`, or in days from the second day on. */
function ageOf(created: number | undefined, now: number): string {
  if (created === undefined) return "";
  const days = Math.floor((now - created) / 86_400_000);
  return days >= 2 ? `${days}d` : duration(Math.max(0, now - created));
}

/** Path of the administrator's kubeconfig of a stack. */
export function kubeconfigPath(stack: string, folder = stateFolder): string {
  return join(folder, `kubeconfig-${stack.replaceAll("/", "-")}`);
}

/**
 * Reads the administrator's kubeconfig of a stack and writes it to {@link kubeconfigPath}. Only the file's owner can read it,
 * and only the folder's owner can enter the folder.
 * @returns the path.
 */
export async function writeKubeconfig({ stack, capture }: StackReader, folder = stateFolder): Promise<string> {
  const kubeconfig = await capture(["stack", "output", "kubeconfig", "--show-secrets", "--stack", stack]).catch(
    (error: unknown) => {
      const reason = (error as Error).message.split("\n").at(-1);
      throw new Error(
        `stack ${stack} has no kubeconfig (${reason}). Fix: if it is not up yet, npm run up${optionOf(stack)}`,
      );
    },
  );
  const path = kubeconfigPath(stack, folder);
  ownFolder(folder);
  await writeOwn(path, `${kubeconfig.trimEnd()}\n`);
  return path;
}

/** Deletes the kubeconfig of a stack without resources. After a preview, a `--target` or a declined question the cluster exists. */
export async function removeKubeconfig(session: StackReader, folder = stateFolder): Promise<void> {
  const { resources } = await readState(session);
  if (resources.length === 0) await rm(kubeconfigPath(session.stack, folder), { force: true });
}

/** Option that names a stack, for a command; "" for the default stack. */
function optionOf(stack: string): string {
  const words = stackArguments(stack);
  return words.length === 0 ? "" : ` -- ${words.join(" ")}`;
}
