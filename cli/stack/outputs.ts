import { rm } from "node:fs/promises";
import { join } from "node:path";
import { stateFolder } from "../../lib/checkout.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import type { Session } from "../session.ts";
import { readState } from "./state.ts";
import { columns } from "../../lib/table.ts";

/** What a stack tells about its cluster. */
export interface ClusterOutputs {
  readonly nodes: readonly { readonly name: string; readonly role: string; readonly address: string }[];
  readonly apiEndpoint: string;
  /** When its certificates end, as ISO 8601; undefined where no run of this release has said so. */
  readonly certificatesEnd?: string | undefined;
}

/** The part of a session that is needed here. */
type Asking = Pick<Session, "stack" | "capture">;

/** Reads the outputs of a stack that is up. */
export async function readOutputs({ stack, capture }: Asking): Promise<ClusterOutputs> {
  const outputs = JSON.parse(await capture(["stack", "output", "--json", "--stack", stack])) as Partial<ClusterOutputs>;
  const { nodes, apiEndpoint, certificatesEnd } = outputs;
  if (nodes === undefined || apiEndpoint === undefined) throw new Error(`stack ${stack} has no cluster: npm run up`);
  return { nodes, apiEndpoint, ...(certificatesEnd === undefined ? {} : { certificatesEnd }) };
}

/** Nodes as a table, and how to reach the cluster. */
export function summary({ nodes, apiEndpoint, certificatesEnd }: ClusterOutputs, stack: string): string {
  const rows = [["NODE", "ROLE", "ADDRESS"], ...nodes.map(({ name, role, address }) => [name, role, address])];
  const option = stack === "dev" ? "" : ` --stack ${stack}`;
  return [
    columns(rows),
    "",
    `API server  ${apiEndpoint}`,
    ...(certificatesEnd === undefined ? [] : [`certificates end on ${certificatesEnd.slice(0, 10)}, renewed before`]),
    `kubectl     npm run kubectl --${option} get nodes`,
    `destroy     npm run destroy${option && ` --${option}`}`,
  ].join("\n");
}

/** Where the administrator's kubeconfig of a stack is written. */
export function kubeconfigPath(stack: string, folder = stateFolder): string {
  return join(folder, `kubeconfig-${stack.replaceAll("/", "-")}`);
}

/** Writes the administrator's kubeconfig of a stack where only its owner can read it; returns the path. */
export async function writeKubeconfig({ stack, capture }: Asking, folder = stateFolder): Promise<string> {
  const kubeconfig = await capture(["stack", "output", "kubeconfig", "--show-secrets", "--stack", stack]).catch(
    (error: unknown) => {
      throw new Error(`stack ${stack} has no kubeconfig; is it up? (${(error as Error).message.split("\n").at(-1)})`);
    },
  );
  ownFolder(folder);
  const path = kubeconfigPath(stack, folder);
  await writeOwn(path, `${kubeconfig}\n`);
  return path;
}

/** Removes the kubeconfig of a stack that has nothing any more: after a preview, a `--target` or a no the cluster is there. */
export async function removeKubeconfig(session: Asking, folder = stateFolder): Promise<void> {
  const { resources } = await readState(session);
  if (resources.length === 0) await rm(kubeconfigPath(session.stack, folder), { force: true });
}
