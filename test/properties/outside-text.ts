import fc from "fast-check";

/** Texts of every kind: characters, white space, control characters, and broken Unicode. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("utf8")),
  fc.constantFrom(
    "",
    " ",
    "\0",
    "\ufeff",
    "null",
    "[]",
    "{}",
    "0",
    '""',
    "true",
    "[null]",
    '{"items":null}',
    "---",
    "<",
    "<a/>",
  ),
);

/** A text that is deeper than any real one. */
const deep = fc
  .tuple(fc.constantFrom<[string, string]>(["[", "]"], ['{"a":', "}"], ["<a>", "</a>"], ["- ", ""]), fc.boolean())
  .map(([[open, close], isClosed]) => open.repeat(9_000) + (isClosed ? `0${close.repeat(9_000)}` : ""));

/** A part of a real text, or the text with another part in it. */
function mutated(sample: string): fc.Arbitrary<string> {
  const place = fc.nat(sample.length);
  return fc.oneof(
    place.map((end) => sample.slice(0, end)),
    fc.tuple(place, place).map(([start, end]) => sample.slice(0, start) + sample.slice(end)),
    fc
      .tuple(place, fc.nat(12), anyText)
      .map(([at, removed, text]) => sample.slice(0, at) + text + sample.slice(at + removed)),
  );
}

const values: readonly unknown[] = [
  null,
  0,
  -1,
  1e300,
  "",
  "..",
  "../../x",
  "/etc/passwd",
  "\0",
  true,
  [],
  {},
  [null],
  [[]],
  [{}],
  { metadata: null },
];

/** Lines of JSON, in one of which a value is another one or is missing. */
function mutatedJson(sample: string): fc.Arbitrary<string> {
  const lines = sample.split("\n").map((line) => JSON.parse(line) as unknown);
  const places = [...placesIn(lines)];
  return fc
    .tuple(fc.constantFrom(...places), fc.oneof(fc.constantFrom(...values), fc.jsonValue(), fc.constant(undefined)))
    .map(([place, value]) => {
      const changed = replaced(lines, place, value);
      return (Array.isArray(changed) ? changed : [changed]).map((line) => JSON.stringify(line) ?? "").join("\n");
    });
}

type Place = readonly (string | number)[];

function* placesIn(value: unknown, at: Place = []): Generator<Place> {
  yield at;
  if (typeof value !== "object" || value === null) return;
  const entries: readonly [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  for (const [key, inner] of entries) yield* placesIn(inner, [...at, key]);
}

function replaced(whole: unknown, [key, ...rest]: Place, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(whole) ? [...(whole as unknown[])] : { ...(whole as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}

/** Texts instead of a real one: others, deep ones, parts of it, and it with one part changed. */
export function textsLike(sample: string): fc.Arbitrary<string> {
  const others = [
    { weight: 3, arbitrary: anyText },
    { weight: 1, arbitrary: deep },
    { weight: 4, arbitrary: mutated(sample) },
  ];
  return fc.oneof(...others, ...(/^\s*[[{]/.test(sample) ? [{ weight: 12, arbitrary: mutatedJson(sample) }] : []));
}

/** Parts that a long text repeats. Each is the worst one for some kind of parser. */
const parts = ["\n", " ", "\t", "a", "\\", '"', "<", "<!--", "[", "{{", "a: ", "0", "-", "%", "/**/", "=a,"];

/** A text of 256 KiB, as its repeated part and the text before that. */
export function longTextsLike(sample: string): fc.Arbitrary<readonly [part: string, before: string]> {
  return fc.tuple(fc.constantFrom(...parts, `${sample}\n`), fc.constantFrom("", sample));
}

/** The long text of a part. */
export function longText(part: string, before: string): string {
  return before + part.repeat(2 ** 18 / part.length);
}

/** Why an error is none for a reader; undefined for an error that is a sentence. */
export function faultOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `no error: ${String(error)}`;
  const { name, message } = error;
  const isOfEngine = /^(TypeError|RangeError|ReferenceError|URIError)$/.test(name) || error instanceof TypeError;
  const isOfCode =
    /Cannot (read|destructure|convert)|is not (a function|iterable|defined)|call stack|Invalid array|undefined/.test(
      message,
    );
  if (isOfEngine || isOfCode) return `${name}: ${message}\n${error.stack?.split("\n").slice(1, 4).join("\n") ?? ""}`;
  return /\S+ \S+/.test(message) ? undefined : `no sentence: ${message}`;
}
