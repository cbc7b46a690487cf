import { blockBegin, isSecretName, nameAlone, redacted, secrets } from "./secret-patterns.ts";

/** Largest number of characters kept of a line, so that a program without line ends cannot fill the memory. */
export const longestLine = 262_144;

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnd = /-----END [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----/g;
/** Beginning of a key in base64. Certificates begin alike, and are excluded. */
const base64KeyBegin = /LS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FUR)/y;

/** Rest of a key in the line of its beginning: base64, and line ends that a program has escaped. */
const escapedBody = /(?:(?:\\+[nrt/]|[\s|+~-])*[A-Za-z0-9+/=]{16,})*/y;

/** Prefix of a row of a key: the margin of YAML, the decoration of a display. */
const margin = /^[\s|>+~-]+/;

/** Meaning of the next line, as far as the lines before it determine it. */
type Expected =
  | { readonly is: "anything" }
  /** A row of a private key. `prefixed`: after a prefix such as the time and unit of a journal, as in the row before. */
  | { readonly is: "row" | "header"; readonly prefixed: boolean }
  /** A further row of wrapped base64. */
  | { readonly is: "base64" }
  /** The value of a secret whose name is in the line before. */
  | { readonly is: "value" }
  /** A line of a block, if its margin is deeper than this one. */
  | { readonly is: "block"; readonly margin: number };

const anything: Expected = { is: "anything" };

/**
 * Removes secrets from a text that arrives in pieces: private keys, tokens, passwords, and everything else that gives access.
 * It keeps no more than one line, and its time grows linearly with the text.
 */
export class Redactor {
  #expected: Expected = anything;
  /** Line whose end has not arrived yet. */
  #line = "";
  #isCut = false;

  /** Adds the next piece and returns the lines that it completes, without secrets. */
  push(text: string): string {
    let result = "";
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      this.#keep(text, from, at);
      result += this.#finish("\n");
      from = at + 1;
    }
    this.#keep(text, from, text.length);
    return result;
  }

  /** Returns the last line if it has no end. */
  end(): string {
    return this.#line === "" && !this.#isCut ? "" : this.#finish("");
  }

  #keep(text: string, from: number, to: number): void {
    if (this.#isCut) return;
    const room = longestLine - this.#line.length;
    this.#line += text.slice(from, Math.min(to, from + room));
    if (to - from <= room) return;
    this.#isCut = true;
    // The last word may be half a secret, which no pattern matches.
    this.#line = this.#line.slice(0, lastGap(this.#line));
  }

  #finish(lineEnd: string): string {
    const clean = this.#clean(this.#line);
    const note = this.#isCut ? "(the rest of this line was left out)" : undefined;
    this.#line = "";
    this.#isCut = false;
    const parts = [clean, note].filter((part) => part !== undefined);
    return parts.length === 0 ? "" : parts.join(" ") + lineEnd;
  }

  /** Returns the line without secrets; undefined if the whole line belongs to a secret that has its mark already. */
  #clean(line: string): string | undefined {
    const expected = this.#expected;
    this.#expected = anything;
    switch (expected.is) {
      case "row":
      case "header":
        return this.#row(line, expected);
      case "base64":
        if (line.trim() === "" || !isRow(line)) break;
        this.#expected = expected;
        return undefined;
      case "block":
        if (line.trim() !== "" && widthOfMargin(line) <= expected.margin) break;
        this.#expected = expected;
        return undefined;
      case "value": {
        const [, before] = /^([\s|>+~-]*value:\s{1,8})/.exec(line) ?? [];
        if (before !== undefined) return before + redacted;
        break;
      }
      case "anything":
    }
    return this.#text(line);
  }

  /** Redacts a line that may belong to a private key. */
  #row(line: string, { is, prefixed }: Expected & { is: "row" | "header" }): string | undefined {
    keyEnd.lastIndex = 0;
    const last = keyEnd.exec(line);
    if (last !== null) {
      const rest = line.slice(last.index + last[0].length);
      return rest.trim() === "" ? undefined : this.#text(rest);
    }
    const isHeader = /^[\s|>+~-]*(?:Proc-Type|DEK-Info|Comment|Version): /.test(line);
    const isPrefixed = isPrefixedRow(line, prefixed);
    // A blank line separates the headers of a key from its rows.
    const isOfKey = line.trim() === "" ? is === "header" : isHeader || isRow(line) || isPrefixed;
    if (!isOfKey) return this.#text(line);
    this.#expected = { is: isHeader ? "header" : "row", prefixed: isPrefixed };
    return undefined;
  }

  /** Redacts a line that begins outside of any secret. */
  #text(line: string): string {
    const [, before] = blockBegin.exec(line) ?? [];
    if (before !== undefined) this.#expected = { is: "block", margin: widthOfMargin(line) };
    else if (nameAlone.test(line)) this.#expected = { is: "value" };
    else if (endsInBase64Key(line)) this.#expected = { is: "base64" };
    const withoutKeys = this.#withoutKeys(line);
    return secrets.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), withoutKeys);
  }

  #withoutKeys(line: string): string {
    let result = "";
    let from = 0;
    for (let key = next(keyBegin, line, from); key !== undefined; key = next(keyBegin, line, from)) {
      result += line.slice(from, key.from) + redacted;
      from = this.#endOfKey(line, key.to);
    }
    return result + line.slice(from);
  }

  /** Returns the end of a key in the line of its beginning. A key without an end ends with its base64. */
  #endOfKey(line: string, from: number): number {
    escapedBody.lastIndex = from;
    escapedBody.exec(line);
    const body = Math.max(from, escapedBody.lastIndex);
    const another = next(keyBegin, line, body)?.from ?? line.length;
    const last = next(keyEnd, line.slice(0, another), body);
    if (last !== undefined) return last.to;
    if (line.slice(body, another).trim() !== "" || another < line.length) return body;
    this.#expected = { is: "row", prefixed: false };
    return line.length;
  }
}

/** Returns a text without secrets. */
export function redact(text: string): string {
  const redactor = new Redactor();
  return redactor.push(withoutHalfKey(text)) + redactor.end();
}

/** Replacer for JSON.stringify that removes secrets, also the values of members whose name is that of a secret. */
export function redactEntry(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const isTold = value === "" || /^\[[a-z]+\]$/.test(value);
  return isSecretName(key) && !isTold ? redacted : redact(value);
}

/** Removes the rest of a private key from the beginning of a text, because only the end of a long text is kept. */
function withoutHalfKey(text: string): string {
  const last = next(keyEnd, text, 0);
  const first = next(keyBegin, text, 0);
  if (last === undefined || (first !== undefined && first.from < last.from)) return text;
  const head = text.slice(0, last.from).split("\n");
  let kept = head.length - 1;
  while (kept > 0 && isKeyRow(head[kept - 1] ?? "")) kept--;
  return [...head.slice(0, kept), redacted].join("\n") + text.slice(last.to);
}

function isKeyRow(line: string): boolean {
  return line.trim() !== "" && (isRow(line) || isPrefixedRow(line, false));
}

/** Whether a line is a row of base64. Only the last row of a key may be short, and then has whole groups of four. */
function isRow(line: string): boolean {
  const [, word] = /^([A-Za-z0-9+/=]+)["',|\s]*$/.exec(line.replace(margin, "")) ?? [];
  return word !== undefined && isBase64(word, 16);
}

/** Whether a line ends in base64 after a prefix. The last row may be short. */
function isPrefixedRow(line: string, last: boolean): boolean {
  const [, word] = /\s([A-Za-z0-9+/=]+)["',|]*$/.exec(line.trimEnd()) ?? [];
  return word !== undefined && isBase64(word, last ? Infinity : 40) && (last || word.length >= 40);
}

function isBase64(word: string, enough: number): boolean {
  return word.length >= enough || word.length % 4 === 0;
}

/** Whether a line ends in the first row of a key that is wholly in base64 and wrapped. */
function endsInBase64Key(line: string): boolean {
  let from = line.length;
  while (from > 0 && /[A-Za-z0-9+/=]/.test(line[from - 1] ?? "")) from--;
  base64KeyBegin.lastIndex = from;
  return line.length - from >= 60 && base64KeyBegin.test(line);
}

function widthOfMargin(line: string): number {
  return line.length - line.trimStart().length;
}

function lastGap(text: string): number {
  let at = text.length - 1;
  while (at > 0 && !/[\s"',]/.test(text[at] ?? "")) at--;
  return Math.max(at, 0);
}

function next(pattern: RegExp, text: string, from: number): { readonly from: number; readonly to: number } | undefined {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  return found === null ? undefined : { from: found.index, to: found.index + found[0].length };
}
