import { isDeepStrictEqual } from "node:util";
import { isSeq, parseDocument, type Document } from "yaml";
import { reasonOf } from "../../lib/outside.ts";
import { isRecord } from "../../lib/record.ts";
import { contentIn, listNames, lists, type Entries, type Kubeconfig, type ListName } from "./entries.ts";
import { spliceItem, spliceValue } from "./splice.ts";

/** Content of an empty kubeconfig, as kubectl writes it. */
const empty = "apiVersion: v1\nkind: Config\n";

/** Desired entry of one list: the whole item, or undefined for none. */
type Desired = Readonly<Record<string, unknown>> | undefined;

/** Key of the context that kubectl uses without `--context`. */
const current = "current-context";

/** Reads a kubeconfig. @throws when it is not YAML or not an object; the message quotes nothing of it. */
export function parseKubeconfig(text: string): Kubeconfig {
  return documentOf(text).values;
}

/**
 * Returns a kubeconfig with the entries of a cluster. Entries of the same name are replaced, and the context keeps the namespace
 * that the user has set. The current context is set only where there is none.
 * @throws when the text is not a kubeconfig.
 */
export function withEntries(text: string, name: string, entries: Entries): string {
  const base = text.trim() === "" ? `${text}${empty}` : text;
  const namespace = contentIn(parseKubeconfig(base), "contexts", name)?.namespace;
  const contexts = { ...entries.contexts, ...(namespace === undefined ? {} : { namespace }) };
  const desired: Entries = { ...entries, contexts };
  const changed = listNames.reduce(
    (result, list) => withItem(result, list, name, { name, [lists[list]]: desired[list] }),
    base,
  );
  const chosen = parseKubeconfig(changed)[current];
  return chosen === undefined || chosen === null || chosen === "" ? withCurrent(changed, name) : changed;
}

/**
 * Returns a kubeconfig without the entries of a name. A current context of this name becomes "".
 * @param from Lists that have such an entry.
 * @throws when the text is not a kubeconfig.
 */
export function withoutEntries(text: string, name: string, from: readonly ListName[]): string {
  const changed = from.reduce((result, list) => withItem(result, list, name, undefined), text);
  const isGone = from.includes("contexts") && parseKubeconfig(changed)[current] === name;
  return isGone ? withCurrent(changed, "") : changed;
}

/** Adds, replaces or removes one entry. The other lines stay as they are, where the file has a block for each entry. */
function withItem(text: string, list: ListName, name: string, desired: Desired): string {
  const { values, document } = documentOf(text);
  const items = itemsOf(values, list);
  const index = items.findIndex((item) => isRecord(item) && item.name === name);
  if (index < 0 && desired === undefined) return text;
  // kubectl writes the same entry with its keys in another order.
  if (desired !== undefined && isDeepStrictEqual(items[index], desired)) return text;
  const put = desired === undefined ? [] : [desired];
  const rest = index < 0 ? items.length : index;
  const wanted = [...items.slice(0, rest), ...put, ...items.slice(rest + 1)];
  const expected = { ...values, [list]: wanted };
  return lawful(spliceItem(text, document, list, index, desired), expected, () => {
    const found = document.get(list);
    // A list without entries may be null, or get a comment that yaml cannot write.
    if (!isSeq(found) || wanted.length === 0) document.set(list, document.createNode(put));
    else if (desired === undefined) found.delete(index);
    else if (index < 0) found.add(document.createNode(desired));
    else found.set(index, document.createNode(desired));
    return document;
  });
}

function withCurrent(text: string, context: string): string {
  const { values, document } = documentOf(text);
  return lawful(spliceValue(text, document, current, context), { ...values, [current]: context }, () => {
    document.set(current, context);
    return document;
  });
}

/** Returns the spliced text where it means what was wanted. Otherwise the library writes the whole file with its comments. */
function lawful(spliced: string | undefined, expected: Kubeconfig, edit: () => Document): string {
  if (spliced !== undefined && means(spliced, expected)) return spliced;
  const written = edit().toString({ lineWidth: 0, indentSeq: false });
  if (means(written, expected)) return written;
  throw new Error("its entries cannot be changed, expected a kubeconfig without anchors and aliases");
}

function means(text: string, expected: Kubeconfig): boolean {
  try {
    return isDeepStrictEqual(documentOf(text).values, expected);
  } catch {
    return false;
  }
}

function itemsOf(values: Kubeconfig, list: ListName): readonly unknown[] {
  const items = values[list] ?? [];
  if (!Array.isArray(items)) throw new Error(`its ${list} are no list`);
  return items as readonly unknown[];
}

function documentOf(text: string): { readonly document: Document; readonly values: Kubeconfig } {
  // Without prettyErrors, because those quote the text, which may have keys.
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split("\n").length;
    throw new Error(`it is not valid YAML (line ${line}: ${error.code.toLowerCase().replaceAll("_", " ")})`);
  }
  let values: unknown;
  try {
    values = document.toJS() ?? {};
  } catch (reason) {
    throw new Error(`it is not valid YAML (${reasonOf(reason)})`, { cause: reason });
  }
  if (!isRecord(values)) throw new Error("it is not a kubeconfig, expected an object");
  return { document, values };
}
