import { sha256 } from "../../lib/digest.ts";
import { plainText } from "../../lib/plain-text.ts";
import { redact } from "../../lib/redact.ts";
import type { Failure } from "./failures.ts";
import type { ClusterNode } from "./state.ts";

/** A piece of evidence. */
export interface Item {
  /** Its name, such as `kubelet`; also the name of its file. */
  readonly name: string;
  /** Node it is about; undefined when it concerns the whole cluster. */
  readonly node?: string;
  /** Its content without secrets; only the end of a long one. */
  readonly text: string;
  /** Reason that all or part of it is missing. */
  readonly missing?: string;
}

/** Everything that a diagnosis is based on. */
export interface Evidence {
  /** Output of the failed run, without colours and secrets; "" when none failed. */
  readonly log: string;
  /** Failures in the log and the state. */
  readonly failures: readonly Failure[];
  /** Nodes that failed, were not reached, or are not Ready. */
  readonly failed: readonly string[];
  readonly nodes: readonly ClusterNode[];
  readonly items: readonly Item[];
}

/** A line that points to a cause, and its place. */
export interface Symptom {
  readonly node?: string;
  /** Name of an item, or `run` for the output of the failed run. */
  readonly where: string;
  readonly line: string;
}

/** Bytes kept of a text: its end. */
const textLimit = 262_144;

/** Bytes kept of a reason that something is missing: errors of programs are short. */
const reasonLimit = 4_096;

/** Creates an item. Removes secrets and control characters, and shortens its text to a limit. */
export function item(name: string, node: string | undefined, text: string, missing?: string): Item {
  return {
    name,
    ...(node === undefined ? {} : { node }),
    text: harmless(text, textLimit),
    ...(missing === undefined ? {} : { missing: harmless(missing, reasonLimit) }),
  };
}

/** Removes control characters first, because they can hide a secret. Shortens last, because half a secret is not recognised. */
function harmless(text: string, limit: number): string {
  return tail(redact(plainText(text)), limit);
}

/** Returns the end of a text, from the beginning of a line. */
export function tail(text: string, bytes: number = textLimit): string {
  return text.length <= bytes ? text : withoutFirstLine(text.slice(-bytes));
}

/** Removes the first line of a text that begins within a line, because half a secret is not recognised. */
export function withoutFirstLine(text: string): string {
  return `(the beginning was left out)\n${text.slice(text.indexOf("\n") + 1)}`;
}

/**
 * Returns the path of an item's file in the folder of a diagnosis.
 * @throws when a name could lead out of the folder: names come from libvirt and the state, too.
 */
export function fileOf({ name, node }: Pick<Item, "name" | "node">): string {
  for (const part of [name, ...(node === undefined ? [] : [node])]) {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(part)) {
      throw new Error(
        `a diagnosis cannot have a file for ${JSON.stringify(part)}: expected letters, digits, dots, hyphens, underscores`,
      );
    }
  }
  return node === undefined ? `${name}.txt` : `nodes/${node}/${name}.txt`;
}

/** Makes a name of libvirt usable in the name of a file. A name with other characters or over 63 of them gets a hash. */
export function fileWord(text: string): string {
  if (/^[A-Za-z0-9._-]{1,63}$/.test(text)) return text;
  const digest = sha256(text).slice(0, 8);
  return `${text.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}-${digest}`;
}

/** Returns an item of a node, or of the whole cluster. */
export function find({ items }: Evidence, name: string, node?: string): Item | undefined {
  return items.find((each) => each.name === name && each.node === node);
}

/** Whether the node answered over ssh. */
export function answered(evidence: Evidence, node: string): boolean {
  const units = find(evidence, "units", node);
  return units !== undefined && units.missing === undefined;
}

/**
 * Finds lines of the failed run that match. When the run names its failures, only their texts count: the progress of successful
 * steps mentions the same problems.
 */
export function inLog({ log, failures }: Evidence, pattern: RegExp): readonly Symptom[] {
  const named = failures.filter(({ text }) => text !== "");
  const texts: readonly { readonly node?: string; readonly text: string }[] =
    named.length > 0 ? named : [{ text: log }];
  return texts.flatMap(({ node, text }) =>
    matching(text, pattern)
      .slice(-1)
      .map((line) => symptom("run", line, node)),
  );
}

/** Finds lines that match in items of these names, of all nodes and of the whole cluster; also in the reasons of missing items. */
export function inItems(
  { items }: Evidence,
  names: readonly string[],
  pattern: RegExp,
  accept: (item: Item) => boolean = () => true,
): readonly Symptom[] {
  return items
    .filter((each) => names.includes(each.name) && accept(each))
    .flatMap(({ name, node, text, missing = "" }) =>
      // Only the last line of an item, because journals repeat themselves.
      [...matching(text, pattern), ...matching(missing, pattern)].slice(-1).map((line) => symptom(name, line, node)),
    );
}

/** Creates a symptom. */
export function symptom(where: string, line: string, node?: string): Symptom {
  return { ...(node === undefined ? {} : { node }), where, line };
}

function matching(text: string, pattern: RegExp): readonly string[] {
  return text
    .split("\n")
    .filter((line) => pattern.test(line))
    .map((line) => line.trim().slice(0, 300));
}
