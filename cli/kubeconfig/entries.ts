import { isRecord } from "../../lib/record.ts";
import { readYaml } from "../../lib/outside.ts";

/** Lists of a kubeconfig, each with the key of an entry's content (k8s.io/client-go, tools/clientcmd/api/v1). */
export const lists = { clusters: "cluster", contexts: "context", users: "user" } as const;

/** One of {@link lists}. */
export type ListName = keyof typeof lists;

/** Names of {@link lists}. */
export const listNames = Object.keys(lists) as readonly ListName[];

/** Content of an entry. */
export type Content = Readonly<Record<string, unknown>>;

/** Content of the entries of one cluster. */
export type Entries = Readonly<Record<ListName, Content>>;

/** A kubeconfig as plain values. Nothing is assumed of a file that another program wrote. */
export type Kubeconfig = Readonly<Record<string, unknown>>;

/** Name of the extension by which an entry is recognised. kubectl, helm and k9s keep extensions. */
const extensionName = "nodeforge.local";

const anything = {};
const source = { name: "the cluster's kubeconfig", fix: "npm run up" };

/**
 * Returns the entries for a cluster from the administrator's kubeconfig. Each has the mark of the cluster.
 * @param text The administrator's kubeconfig. Secret.
 * @param id Random id of the cluster.
 * @throws when the kubeconfig has no complete current context.
 */
export function entriesFor(text: string, name: string, id: string): Entries {
  const value = readYaml<unknown>(text, source, anything);
  const kubeconfig: Kubeconfig = isRecord(value) ? value : {};
  const context = contentIn(kubeconfig, "contexts", kubeconfig["current-context"]);
  const cluster = contentIn(kubeconfig, "clusters", context?.cluster);
  const user = contentIn(kubeconfig, "users", context?.user);
  if (context === undefined || cluster === undefined || user === undefined) {
    throw new Error("the cluster's kubeconfig has no complete current context. Fix: npm run up");
  }
  const extensions = [{ name: extensionName, extension: { cluster: id } }];
  return {
    clusters: { ...cluster, extensions },
    contexts: { ...context, cluster: name, user: name, extensions },
    users: { ...user, extensions },
  };
}

/** Content of an entry; undefined where the list does not have it. */
export function contentIn(kubeconfig: Kubeconfig, list: ListName, name: unknown): Content | undefined {
  const entries: unknown = kubeconfig[list];
  if (typeof name !== "string" || !Array.isArray(entries)) return undefined;
  const entry = (entries as readonly unknown[]).find((item) => isRecord(item) && item.name === name);
  if (!isRecord(entry)) return undefined;
  const content = entry[lists[list]];
  return isRecord(content) ? content : {};
}

/** Random id of the cluster whose mark an entry has; undefined for an entry of the user or of another program. */
export function markOf(content: Content): string | undefined {
  const extensions: unknown = content.extensions;
  if (!Array.isArray(extensions)) return undefined;
  const ours = (extensions as readonly unknown[]).find((item) => isRecord(item) && item.name === extensionName);
  const id = isRecord(ours) && isRecord(ours.extension) ? ours.extension.cluster : undefined;
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** Lists that have an entry of this name which a cluster's mark is on, and those that have another one. */
export function ownership(
  kubeconfig: Kubeconfig,
  name: string,
  ids: readonly string[],
): { readonly own: readonly ListName[]; readonly foreign: readonly ListName[] } {
  const own: ListName[] = [];
  const foreign: ListName[] = [];
  for (const list of listNames) {
    const content = contentIn(kubeconfig, list, name);
    if (content === undefined) continue;
    (ids.includes(markOf(content) ?? "") ? own : foreign).push(list);
  }
  return { own, foreign };
}
