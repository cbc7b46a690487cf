import { isMap, isScalar, isSeq, stringify, type Document, type Pair, type ParsedNode, type YAMLSeq } from "yaml";

/**
 * Adds, replaces or removes one item of a list in a text, and changes no other line.
 * @param index Index of the present item; negative to add one at the end.
 * @param desired The item; undefined to remove it.
 * @returns undefined where the text is laid out in another way. The caller must check the result.
 */
export function spliceItem(
  text: string,
  document: Document,
  key: string,
  index: number,
  desired: Readonly<Record<string, unknown>> | undefined,
): string | undefined {
  const pair = pairOf(document, key);
  if (pair === undefined) return isBlock(document) ? atEnd(text, `${key}:\n${block(desired, 0)}`) : undefined;
  const list = pair.value;
  if (!isSeq(list) || list.items.length === 0) return intoEmpty(text, pair, block(desired, 0));
  const lines = linesOfItem(text, list, index < 0 ? list.items.length - 1 : index);
  if (lines === undefined) return undefined;
  const item = block(desired, lines.indent);
  if (index < 0) return joined(text.slice(0, lines.end), item, text.slice(lines.end));
  if (desired !== undefined || list.items.length > 1)
    return joined(text.slice(0, lines.start), item, text.slice(lines.end));
  // The key without a value would mean null.
  const { range } = pair.key as ParsedNode;
  const keyEnd = range[1] + 1;
  if (text[range[1]] !== ":") return undefined;
  return `${text.slice(0, keyEnd)} []${text.slice(keyEnd, lines.start)}${text.slice(lines.end)}`;
}

/** Sets a text of the document's root, and changes no other line. @returns undefined as in {@link spliceItem}. */
export function spliceValue(text: string, document: Document, key: string, value: string): string | undefined {
  const pair = pairOf(document, key);
  if (pair === undefined) return isBlock(document) ? atEnd(text, stringify({ [key]: value })) : undefined;
  const { range } = (pair.value ?? {}) as Partial<ParsedNode>;
  if (!isScalar(pair.value) || range == null) return undefined;
  const before = text.slice(0, range[0]);
  const gap = before.endsWith(":") ? " " : "";
  return `${before}${gap}${stringify(value).trimEnd()}${text.slice(range[1])}`;
}

function isBlock({ contents }: Document): boolean {
  return isMap(contents) && contents.flow !== true;
}

function pairOf({ contents }: Document, key: string): Pair | undefined {
  if (!isMap(contents) || contents.flow) return undefined;
  return contents.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** Start and end of an item's lines: the line with the dash, and the lines below it that are indented more. */
function linesOfItem(text: string, list: YAMLSeq, index: number) {
  const { range } = list.items[index] as ParsedNode;
  if (list.flow || range == null) return undefined;
  const start = text.lastIndexOf("\n", range[0] - 1) + 1;
  const indent = /^( *)- /.exec(text.slice(start, range[0]))?.[1]?.length;
  if (indent === undefined) return undefined;
  let end = nextLine(text, start);
  while (end < text.length && new RegExp(`^ {${indent + 1},}\\S`).test(lineAt(text, end))) end = nextLine(text, end);
  return { start, end, indent };
}

/** Fills a list without items, which is null or `[]`, on the line of its key. */
function intoEmpty(text: string, { value }: Pair, item: string): string | undefined {
  const { range } = (value ?? {}) as Partial<ParsedNode>;
  if (range == null) return undefined;
  const head = text.slice(0, range[0]).trimEnd();
  const tail = text.slice(range[1], nextLine(text, range[1]));
  return head.endsWith(":") ? joined(`${head}${tail}`, item, text.slice(nextLine(text, range[1]))) : undefined;
}

function atEnd(text: string, addition: string): string {
  return joined(text, addition, "");
}

function joined(before: string, middle: string, after: string): string {
  return `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${middle}${after}`;
}

/** Returns a list of one item as lines of this indentation; "" for no item. */
function block(item: Readonly<Record<string, unknown>> | undefined, indent: number): string {
  if (item === undefined) return "";
  const lines = stringify([item], { lineWidth: 0, indentSeq: false }).trimEnd().split("\n");
  return lines.map((line) => `${" ".repeat(indent)}${line}\n`).join("");
}

function lineAt(text: string, start: number): string {
  return text.slice(start, nextLine(text, start));
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end + 1;
}
