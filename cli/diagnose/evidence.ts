import { createHash } from "node:crypto";
import { plainText } from "../../lib/plain-text.ts";
import { redact } from "../../lib/redact.ts";
import type { Failure } from "./failures.ts";
import type { StackNode } from "./state.ts";

/** One thing that was looked at. */
export interface Item {
  /** What it is, such as `kubelet`; also the name of its file. */
  readonly name: string;
  /** Node it is about; undefined for what concerns all. */
  readonly node?: string;
  /** What was found, without secrets; the end of it when it was long. */
  readonly text: string;
  /** Why there is nothing, or not all of it. */
  readonly missing?: string;
}

/** Everything a failure can be judged by. */
export interface Evidence {
  /** What the failed run printed, without colours and secrets; "" when none failed. */
  readonly log: string;
  /** What failed, as the log and the state say. */
  readonly failures: readonly Failure[];
  /** Nodes that something failed on, that were not reached, or that are not Ready. */
  readonly failed: readonly string[];
  readonly nodes: readonly StackNode[];
  readonly items: readonly Item[];
}

/** Why a cause is believed: a line, and where it was found. */
export interface Sign {
  readonly node?: string;
  /** Name of an item, or `run` for what the failed run printed. */
  readonly where: string;
  readonly line: string;
}

/** Bytes kept of a text: its end. */
const textLimit = 262_144;

/** Bytes kept of why something is missing: what programs complain of fits on a screen. */
const reasonLimit = 4_096;

/** Makes an item whose text holds no secret and nothing that a terminal obeys, and is not too long. */
export function item(name: string, node: string | undefined, text: string, missing?: string): Item {
  return {
    name,
    ...(node === undefined ? {} : { node }),
    text: harmless(text, textLimit),
    ...(missing === undefined ? {} : { missing: harmless(missing, reasonLimit) }),
  };
}

/** Control characters go first: between the letters of a secret they would hide it. What is cut comes last, or half of one stays. */
function harmless(text: string, limit: number): string {
  return tail(redact(plainText(text)), limit);
}

/** The end of a text, from the beginning of a line. */
export function tail(text: string, bytes: number = textLimit): string {
  return text.length <= bytes ? text : withoutFirstLine(text.slice(-bytes));
}

/** A text that begins within a line, without that line: of half a secret nothing tells that it is one. */
export function withoutFirstLine(text: string): string {
  return `(the beginning was left out)\n${text.slice(text.indexOf("\n") + 1)}`;
}

/**
 * Path of an item's file in the folder of a diagnosis.
 * @throws when the item's or the node's name could lead out of the folder: some come from libvirt and the state.
 */
export function fileOf({ name, node }: Pick<Item, "name" | "node">): string {
  for (const part of [name, ...(node === undefined ? [] : [node])]) {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(part)) {
      throw new Error(
        `a diagnosis has no file for ${JSON.stringify(part)}: wanted letters, digits, dots, hyphens, underscores`,
      );
    }
  }
  return node === undefined ? `${name}.txt` : `nodes/${node}/${name}.txt`;
}

/** A name of libvirt's as part of the name of a file; one that could not be is told apart by its hash. */
export function fileWord(text: string): string {
  if (/^[A-Za-z0-9._-]{1,63}$/.test(text)) return text;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${text.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}-${digest}`;
}

/** The item of a node, or of all. */
export function find({ items }: Evidence, name: string, node?: string): Item | undefined {
  return items.find((each) => each.name === name && each.node === node);
}

/** Whether the node let itself be asked over ssh. */
export function answered(evidence: Evidence, node: string): boolean {
  const units = find(evidence, "units", node);
  return units !== undefined && units.missing === undefined;
}

/**
 * Lines of the failed run that match. Where the run names what failed, only that counts: progress of what succeeded in
 * the end mentions the same things.
 */
export function inLog({ log, failures }: Evidence, pattern: RegExp): readonly Sign[] {
  const named = failures.filter(({ text }) => text !== "");
  const texts: readonly { readonly node?: string; readonly text: string }[] =
    named.length > 0 ? named : [{ text: log }];
  return texts.flatMap(({ node, text }) =>
    matching(text, pattern)
      .slice(-1)
      .map((line) => sign("run", line, node)),
  );
}

/** Lines of items that match, among all nodes and what concerns all; of an item that is missing, the reason counts. */
export function inItems(
  { items }: Evidence,
  names: readonly string[],
  pattern: RegExp,
  accept: (item: Item) => boolean = () => true,
): readonly Sign[] {
  return items
    .filter((each) => names.includes(each.name) && accept(each))
    .flatMap(({ name, node, text, missing = "" }) =>
      // The last one is the latest, and a journal repeats itself.
      [...matching(text, pattern), ...matching(missing, pattern)].slice(-1).map((line) => sign(name, line, node)),
    );
}

/** A sign, with its node where there is one. */
export function sign(where: string, line: string, node?: string): Sign {
  return { ...(node === undefined ? {} : { node }), where, line };
}

function matching(text: string, pattern: RegExp): readonly string[] {
  return text
    .split("\n")
    .filter((line) => pattern.test(line))
    .map((line) => line.trim().slice(0, 300));
}
