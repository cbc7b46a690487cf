import { logLine, type Log } from "../../lib/log.ts";
import { isControlPlaneMachine, isDataDisk } from "../../names.ts";
import { clusterIdsOf } from "../recovery/owner.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import type { Session } from "../stack/session.ts";
import { stackBaseName } from "../stack/settings.ts";
import { clusterOf, readState, type StackState } from "../stack/state.ts";
import { readFile } from "node:fs/promises";
import { withEntries, withoutEntries, parseKubeconfig } from "./edit.ts";
import { contentIn, entriesFor, lists, markOf, ownership, type Kubeconfig, type ListName } from "./entries.ts";
import { changeKubeconfig, readKubeconfig, userFiles, type UserFiles } from "./file.ts";

/** Options that tests replace. */
export interface ContextOptions {
  /** @default the user's kubeconfigs */
  readonly files?: UserFiles;
  /** @default {@link logLine} */
  readonly log?: Log;
  /** Folder of the checkout's own kubeconfig. @default the checkout's */
  readonly folder?: string;
}

/** The part of a session that a merge needs. */
type Reader = Pick<Session, "stack" | "capture">;

/**
 * Refuses to create a cluster whose name is taken in the user's kubeconfig. A living cluster is not refused, because
 * {@link mergeContext} warns. Reads the state only where an entry has the name.
 * @throws naming the file, the entry and the fix.
 */
export async function refuseTakenContext(
  session: Reader & Pick<Session, "settings">,
  { files = userFiles() }: ContextOptions = {},
): Promise<void> {
  const name = session.settings().get("clusterName") || stackBaseName(session.stack);
  for (const file of files.used) {
    // A file that cannot be read keeps no cluster from being created.
    const kubeconfig = await readKubeconfig(file).catch(() => ({}));
    if (ownership(kubeconfig, name, []).foreign.length === 0) continue;
    const ids = clusterIdsOf(await readState(session));
    if (ids.length === 0) refuseForeign(file, kubeconfig, name, ids);
  }
}

/**
 * Merges the context of a stack's cluster into the user's kubeconfig, so that plain kubectl reaches it. The context, the cluster
 * and the user have the cluster's name. Does nothing for a stack without a cluster. A failure is a warning, because the cluster
 * is complete.
 */
export async function mergeContext(session: Reader, options: ContextOptions = {}): Promise<void> {
  const { files = userFiles(), log = logLine } = options;
  await warning(log, "was not merged", async () => {
    const cluster = await clusterFor(session);
    if (cluster === undefined) return;
    const file = (await ownFiles(cluster, files.used))[0] ?? files.used[0] ?? "";
    await write(session, cluster, file, options);
    log(`context ${cluster.name} is in ${file}: kubectl --context ${cluster.name} get nodes`);
  });
}

/**
 * Updates the context of a stack's cluster where the user's kubeconfig has it, for example after a renewal of certificates. Adds
 * none. A failure is a warning.
 */
export async function renewContext(session: Reader, options: ContextOptions = {}): Promise<void> {
  const { files = userFiles(), log = logLine } = options;
  await warning(log, "was not updated", async () => {
    const cluster = await clusterFor(session);
    if (cluster === undefined) return;
    for (const file of await ownFiles(cluster, files.all)) {
      if (await write(session, cluster, file, options)) log(`updated context ${cluster.name} in ${file}`);
    }
  });
}

/** Removes the entries with a cluster's mark from the user's kubeconfigs. @param state State with its name and id. */
async function removeContext(state: StackState, options: ContextOptions = {}): Promise<void> {
  const { files = userFiles(), log = logLine } = options;
  const [name, ids] = [clusterOf(state), clusterIdsOf(state)];
  for (const file of name === "" || ids.length === 0 ? [] : files.all) {
    await warning(log, "was not removed", async () => {
      if (ownership(await readKubeconfig(file), name, ids).own.length === 0) return;
      const remove = (text: string) => withoutEntries(text, name, ownership(parseKubeconfig(text), name, ids).own);
      if (await changeKubeconfig(file, remove)) log(`removed context ${name} from ${file}`);
    });
  }
}

/**
 * Removes the entries of a cluster whose control plane a `destroy` has deleted, also where a later deletion failed. The next
 * `destroy` may find no id of the cluster. The entries stay while the state has the control plane's machine or data disk. A
 * failure is a warning.
 * @param before State from before the deletion.
 */
export async function removeDeadContext(
  session: Reader,
  before: StackState,
  options: ContextOptions = {},
): Promise<void> {
  const { log = logLine } = options;
  await warning(log, "was not removed", async () => {
    const { resources } = await readState(session);
    if (resources.some(({ urn }) => isControlPlaneMachine(urn) || isDataDisk(urn))) return;
    await removeContext(before, options);
  });
}

/** The context of a cluster in the user's kubeconfigs. */
export interface FoundContext {
  readonly name: string;
  readonly file: string;
  /** Whether plain kubectl uses it. */
  readonly isCurrent: boolean;
}

/** Finds the context of a stack's cluster; undefined where no kubeconfig of the user has it. */
export async function findContext(
  state: StackState,
  { files = userFiles() }: ContextOptions = {},
): Promise<FoundContext | undefined> {
  const [name, ids] = [clusterOf(state), clusterIdsOf(state)];
  const read = await Promise.all(files.used.map(async (file) => ({ file, content: await readOrNothing(file) })));
  const found = read.find(({ content }) => ids.includes(markOf(contentIn(content, "contexts", name) ?? {}) ?? ""));
  if (found === undefined) return undefined;
  // kubectl takes the first file that has one.
  const current = read.map(({ content }) => content["current-context"]).find(Boolean);
  return { name, file: found.file, isCurrent: current === name };
}

interface NamedCluster {
  readonly name: string;
  readonly ids: readonly string[];
}

/** Cluster of a stack; undefined before its first complete `up`. */
async function clusterFor(session: Reader): Promise<NamedCluster | undefined> {
  const state = await readState(session);
  const cluster = { name: clusterOf(state), ids: clusterIdsOf(state) };
  return cluster.name === "" || cluster.ids.length === 0 ? undefined : cluster;
}

/** Files that have the marked context of a cluster. */
async function ownFiles({ name, ids }: NamedCluster, files: readonly string[]): Promise<readonly string[]> {
  const isOwn = async (file: string) => ownership(await readOrNothing(file), name, ids).own.includes("contexts");
  const own = await Promise.all(files.map(isOwn));
  return files.filter((_, index) => own[index]);
}

async function readOrNothing(file: string): Promise<Kubeconfig> {
  return readKubeconfig(file).catch(() => ({}));
}

/** Writes the entries of a cluster into a file. @returns whether the file was changed. @throws for a taken name. */
async function write(
  session: Reader,
  { name, ids }: NamedCluster,
  file: string,
  { files = userFiles(), folder }: ContextOptions,
): Promise<boolean> {
  // kubectl joins the files, and the first entry of a name wins.
  for (const other of files.used.filter((path) => path !== file)) {
    refuseForeign(other, await readKubeconfig(other), name, ids);
  }
  const entries = entriesFor(await readFile(await writeKubeconfig(session, folder), "utf8"), name, ids[0] ?? "");
  return changeKubeconfig(file, (text) => {
    refuseForeign(file, parseKubeconfig(text), name, ids);
    return withEntries(text, name, entries);
  });
}

function refuseForeign(file: string, kubeconfig: Kubeconfig, name: string, ids: readonly string[]): void {
  const { foreign } = ownership(kubeconfig, name, ids);
  if (foreign.length === 0) return;
  const deletions = foreign.map((list) => `kubectl config --kubeconfig ${file} delete-${lists[list]} ${name}`);
  const taken = foreign.map((list) => describe(kubeconfig, list, name)).join(", ");
  throw new Error(
    `${file}: the name of the cluster is taken by ${taken}. ` +
      `Fix: delete what you no longer need (${deletions.join("; ")}), set clusterName to another name, or use --no-merge`,
  );
}

function describe(kubeconfig: Kubeconfig, list: ListName, name: string): string {
  const content = contentIn(kubeconfig, list, name) ?? {};
  const mark = markOf(content);
  const server = typeof content.server === "string" ? ` of ${content.server}` : "";
  return `${lists[list]} ${name}${server}${mark === undefined ? "" : ` of another cluster of nodeforge (${mark})`}`;
}

async function warning(log: Log, failed: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log(`warning: the context of the cluster ${failed}: ${(error as Error).message}`);
  }
}
