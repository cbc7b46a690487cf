/** One value of a metric with its labels. */
export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** A wrong line of an exposition. */
interface ExpositionError {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly message: string;
}

/** Metrics of one scrape. */
export interface Exposition {
  /** Samples by name. A histogram has the names `NAME_bucket`, `NAME_sum` and `NAME_count`. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  /** Type by the name of the family, from `# TYPE`. */
  readonly types: ReadonlyMap<string, string>;
  /** Wrong lines, at most 10. Their samples are missing. */
  readonly errors: readonly ExpositionError[];
}

const TYPES: ReadonlySet<string> = new Set(["counter", "gauge", "histogram", "summary", "untyped"]);
const MOST_ERRORS = 10;
// Each expression is sticky and has one character class, so that no text makes it go back.
const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const BLANKS = /[ \t]*/y;
const WORD = /[^ \t]+/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\", '"': '"', n: "\n" };

/** Position in one line. */
interface Cursor {
  readonly text: string;
  at: number;
}

/**
 * Parses the Prometheus text format 0.0.4. The time grows linearly with the text.
 *
 * A wrong line does not end it: {@link Exposition.errors} has the line's number.
 * See https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseExposition(text: string): Exposition {
  const samples = new Map<string, Sample[]>();
  const types = new Map<string, string>();
  const errors: ExpositionError[] = [];
  let line = 0;
  for (const content of text.split("\n")) {
    line++;
    const cursor: Cursor = { text: content.endsWith("\r") ? content.slice(0, -1) : content, at: 0 };
    try {
      skipBlanks(cursor);
      if (cursor.at === cursor.text.length) continue;
      if (cursor.text[cursor.at] === "#") parseComment(cursor, types);
      else parseSample(cursor, samples);
    } catch (error) {
      if (errors.length === MOST_ERRORS) break;
      errors.push({ line, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { samples, types, errors };
}

function parseComment(cursor: Cursor, types: Map<string, string>): void {
  const [, keyword, name, type, ...rest] = cursor.text.trim().split(/[ \t]+/, 6);
  if (keyword !== "TYPE") return;
  if (name === undefined || type === undefined || rest.length > 0) {
    throw new Error(`# TYPE needs a name and a type, got ${quote(cursor.text)}`);
  }
  if (!TYPES.has(type)) throw new Error(`# TYPE ${quote(name)} needs ${[...TYPES].join(", ")}, got ${quote(type)}`);
  if (types.has(name)) throw new Error(`# TYPE ${quote(name)} needs to be there once, got it twice`);
  types.set(name, type);
}

function parseSample(cursor: Cursor, samples: Map<string, Sample[]>): void {
  const name = take(cursor, METRIC_NAME);
  if (name === "") throw new Error(`A metric's name was wanted, got ${quote(cursor.text.slice(cursor.at))}`);
  skipBlanks(cursor);
  const labels = cursor.text[cursor.at] === "{" ? parseLabels(cursor) : new Map<string, string>();
  const value = parseNumber(takeWord(cursor));
  const timestamp = takeWord(cursor);
  if (timestamp !== "" && !/^-?\d+$/.test(timestamp)) {
    throw new Error(`A time in milliseconds was wanted after the value, got ${quote(timestamp)}`);
  }
  if (takeWord(cursor) !== "") throw new Error(`The line's end was wanted after the time, got ${quote(cursor.text)}`);
  const list = samples.get(name);
  if (list === undefined) samples.set(name, [{ labels, value }]);
  else list.push({ labels, value });
}

function parseLabels(cursor: Cursor): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  cursor.at++;
  for (;;) {
    skipBlanks(cursor);
    if (cursor.text[cursor.at] === "}") break;
    const name = take(cursor, LABEL_NAME);
    if (name === "") throw new Error(`A label's name was wanted, got ${quote(cursor.text.slice(cursor.at))}`);
    if (labels.has(name)) throw new Error(`The label ${quote(name)} was wanted once, got it twice`);
    skipBlanks(cursor);
    expect(cursor, "=");
    skipBlanks(cursor);
    labels.set(name, parseString(cursor));
    skipBlanks(cursor);
    if (cursor.text[cursor.at] === "}") break;
    expect(cursor, ",");
  }
  cursor.at++;
  return labels;
}

function parseString(cursor: Cursor): string {
  expect(cursor, '"');
  let value = "";
  let start = cursor.at;
  for (; cursor.at < cursor.text.length; cursor.at++) {
    const character = cursor.text[cursor.at];
    if (character === '"') return value + cursor.text.slice(start, cursor.at++);
    if (character !== "\\") continue;
    const escape = cursor.text[cursor.at + 1] ?? "";
    // The specification names three escapes. Prometheus keeps the backslash of any other one.
    value += cursor.text.slice(start, cursor.at) + (Object.hasOwn(ESCAPES, escape) ? ESCAPES[escape] : `\\${escape}`);
    cursor.at++;
    start = cursor.at + 1;
  }
  throw new Error(`A closing quote was wanted, got the line's end`);
}

function parseNumber(text: string): number {
  if (NUMBER.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return NaN;
  const sign = INFINITY.exec(text)?.[1];
  if (sign === undefined) throw new Error(`A number was wanted as the value, got ${quote(text)}`);
  return sign === "-" ? -Infinity : Infinity;
}

function expect(cursor: Cursor, character: string): void {
  if (cursor.text[cursor.at] !== character) {
    throw new Error(`${character} was wanted, got ${quote(cursor.text.slice(cursor.at))}`);
  }
  cursor.at++;
}

function skipBlanks(cursor: Cursor): void {
  take(cursor, BLANKS);
}

function takeWord(cursor: Cursor): string {
  skipBlanks(cursor);
  return take(cursor, WORD);
}

function take(cursor: Cursor, expression: RegExp): string {
  expression.lastIndex = cursor.at;
  const found = expression.exec(cursor.text)?.[0] ?? "";
  cursor.at += found.length;
  return found;
}

// A message must stay short when the scrape is a whole HTML page in one line.
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
