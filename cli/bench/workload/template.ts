import { functions, isTrue, textOf, type Value } from "./template-functions.ts";

/** A parsed template of Go's text/template. */
interface Template {
  /** Names of the fields that it reads, such as `Index`. */
  readonly fields: ReadonlySet<string>;
  /**
   * Returns the text.
   * @throws if a field is not in `data`, or a function gets a wrong value.
   */
  readonly render: (data: Readonly<Record<string, Value>>) => string;
}

type Data = Readonly<Record<string, Value>>;
type Expression = (data: Data) => Value;
type Part = (data: Data) => string;

/**
 * Parses a template: text, fields, literals, functions, pipes, parentheses, `if`/`else if`/`else`/`end`, comments.
 * @throws naming everything else, such as `range`, variables and unknown functions. Source: Go's text/template/parse.
 */
export function parseTemplate(text: string): Template {
  const fields = new Set<string>();
  // The next piece is the last one, because the removal of the first one takes as long as the list.
  const pieces = piecesOf(text).reverse();
  const parts = withinStack(() => parsePieces(pieces, fields, []));
  return { fields, render: (data) => withinStack(() => parts.map((part) => part(data)).join("")) };
}

function withinStack<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? new Error("its actions are nested too deeply", { cause: error }) : error;
  }
}

interface Piece {
  readonly kind: "text" | "action";
  readonly text: string;
}

/** Rest of an action. Each text matches it in one way only, so that it takes no time to find out that none matches. */
const action = /^(- )?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|\/\*(?:[^*]|\*(?!\/))*\*\/|[^"`}/]|\/(?!\*)|\}(?!\}))*?)( -)?\}\}/;

/** Splits text and actions. A `-` beside a brace removes the white space of the neighbouring text. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = text;
  let trimStart = false;
  for (;;) {
    const [before = "", after] = split(rest, "{{");
    const shown = trimStart ? before.trimStart() : before;
    if (after === undefined) return [...pieces, { kind: "text", text: shown }];
    const found = action.exec(after);
    if (found === null) throw new Error(`the action {{${after.slice(0, 40).trimEnd()} has no end`);
    const [whole, left, inside = "", right] = found;
    pieces.push({ kind: "text", text: left === undefined ? shown : shown.trimEnd() });
    pieces.push({ kind: "action", text: inside.trim() });
    trimStart = right !== undefined;
    rest = after.slice(whole.length);
  }
}

function split(text: string, at: string): readonly [string, string?] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + at.length)];
}

/** Takes pieces from the end, up to an action that begins with one of `ends`, which stays. */
function parsePieces(pieces: Piece[], fields: Set<string>, ends: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let piece = pieces.at(-1); piece !== undefined; piece = pieces.at(-1)) {
    const { kind, text } = piece;
    const [word = ""] = text.split(/\s/);
    if (kind === "action" && ends.includes(word)) return parts;
    pieces.pop();
    if (kind === "text") parts.push(() => text);
    else if (word === "if") parts.push(parseIf(text.slice(2), pieces, fields));
    else if (!(text.startsWith("/*") && text.endsWith("*/"))) {
      const value = parseExpression(text, fields);
      parts.push((data) => textOf(value(data)));
    }
  }
  if (ends.length > 0) throw new Error("an {{if}} has no {{end}}");
  return parts;
}

function parseIf(text: string, pieces: Piece[], fields: Set<string>): Part {
  const condition = parseExpression(text, fields);
  const then = parsePieces(pieces, fields, ["else", "end"]);
  const next = pieces.pop()?.text ?? "";
  let otherwise: Part[] = [];
  if (next.startsWith("else")) {
    const chained = /^else\s+if\b/.exec(next);
    if (chained !== null) {
      otherwise = [parseIf(next.slice(chained[0].length), pieces, fields)];
    } else {
      if (next !== "else") throw new Error(`{{${next}}} is not supported`);
      otherwise = parsePieces(pieces, fields, ["end"]);
      pieces.pop();
    }
  }
  return (data) => (isTrue(condition(data)) ? then : otherwise).map((part) => part(data)).join("");
}

const token = /\s+|"(?:[^"\\]|\\.)*"|`[^`]*`|-?\d+(?:\.\d+)?(?![\w.])|\.[A-Za-z_]\w*|[A-Za-z_]\w*|[()|]|[^\s()|]+/g;

function parseExpression(text: string, fields: Set<string>): Expression {
  const tokens = (text.match(token) ?? []).filter((part) => part.trim() !== "");
  const value = parsePipe(tokens, fields, text);
  if (tokens.length > 0) throw new Error(`{{${text}}}: ${tokens[0]} has no opening parenthesis`);
  return value;
}

/** A pipe gives each result to the next function as its last argument. */
function parsePipe(tokens: string[], fields: Set<string>, text: string): Expression {
  let value: Expression | undefined;
  do {
    value = parseCommand(tokens, fields, text, value);
  } while (tokens[0] === "|" && tokens.shift() !== undefined);
  return value;
}

function parseCommand(tokens: string[], fields: Set<string>, text: string, piped?: Expression): Expression {
  const name = tokens.shift();
  if (name === undefined) throw new Error(`{{${text}}} has no value`);
  if (!/^[A-Za-z_]/.test(name) || name === "true" || name === "false") {
    const value = parseOperand(name, tokens, fields, text);
    const extra = piped === undefined ? tokens[0] : "|";
    if (extra !== undefined && (extra !== "|" || piped !== undefined) && extra !== ")") {
      throw new Error(`{{${text}}}: ${name} is no function`);
    }
    return value;
  }
  const called = functions.get(name);
  if (called === undefined) {
    throw new Error(`{{${text}}}: ${name} is not supported; known functions: ${[...functions.keys()].join(", ")}`);
  }
  const operands: Expression[] = [];
  while (tokens[0] !== undefined && tokens[0] !== "|" && tokens[0] !== ")") {
    operands.push(parseOperand(tokens.shift() as string, tokens, fields, text));
  }
  if (piped !== undefined) operands.push(piped);
  return (data) => {
    const values = operands.map((operand) => operand(data));
    try {
      return called(...values);
    } catch (error) {
      throw new Error(`{{${text}}}: ${name}: ${(error as Error).message}`, { cause: error });
    }
  };
}

function parseOperand(first: string, tokens: string[], fields: Set<string>, text: string): Expression {
  if (first === "(") {
    const value = parsePipe(tokens, fields, text);
    if (tokens.shift() !== ")") throw new Error(`{{${text}}}: a parenthesis has no end`);
    return value;
  }
  if (/^-?\d+(\.\d+)?$/.test(first)) return () => Number(first);
  if (first.startsWith("`")) return () => first.slice(1, -1);
  if (first.startsWith('"')) return () => JSON.parse(first) as string;
  if (first === "true" || first === "false") return () => first === "true";
  if (/^\.[A-Za-z_]\w*$/.test(first)) {
    // A chain such as .A.B would be split into two fields.
    if (tokens[0]?.startsWith(".") && text.includes(`${first}${tokens[0]}`)) {
      throw new Error(`{{${text}}}: ${first}${tokens[0]} is not supported, only fields of the first level`);
    }
    const name = first.slice(1);
    fields.add(name);
    return (data) => {
      const value = data[name];
      if (value !== undefined) return value;
      throw new Error(
        `{{${text}}}: there is no ${first}; known: ${Object.keys(data)
          .map((key) => `.${key}`)
          .join(", ")}`,
      );
    };
  }
  throw new Error(`{{${text}}}: ${first} is not supported`);
}
