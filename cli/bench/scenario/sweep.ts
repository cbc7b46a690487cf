import { parse } from "yaml";

/** A point of a sweep: the document with the values of this point, and its suffix. */
export interface SweepPoint {
  readonly document: Record<string, unknown>;
  /** E.g. `-measurePods=500`; empty where nothing has several values. */
  readonly suffix: string;
}

/** Points that one command may have. Each is a benchmark of many minutes. */
const mostPoints = 100;

/** Names that would reach the prototype of an object. */
const forbidden = ["__proto__", "constructor", "prototype"];

/**
 * Applies settings such as `repetitions=5` to a document. Several values, such as `workload.params.measurePods=500,1000`, make a
 * point each; several settings with several values make their Cartesian product. A value in brackets, such as `[a,b]`, is one.
 * @throws naming every setting that is wrong.
 */
export function sweepOf(document: Record<string, unknown>, settings: readonly string[]): readonly SweepPoint[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  let points: readonly SweepPoint[] = [{ document: structuredClone(document), suffix: "" }];
  for (const setting of settings) {
    const [, path = "", text = ""] = /^([^=\s]+)=(.+)$/s.exec(setting) ?? [];
    const keys = keysOf(path);
    if (keys === undefined) {
      problems.push(`--set ${setting}: expected KEY=VALUE, e.g. repetitions=5`);
      continue;
    }
    const values = valuesOf(text);
    if (new Set(values).size < values.length) problems.push(`--set ${setting}: expected different values`);
    if (seen.has(path)) problems.push(`--set ${setting}: ${path} is set twice`);
    seen.add(path);
    const next: SweepPoint[] = [];
    for (const { document: base, suffix } of points) {
      for (const value of values) {
        const changed = structuredClone(base);
        if (!assign(changed, keys, valueOf(value))) {
          problems.push(`--set ${setting}: ${path} is no key of the scenario, because its parent has no keys`);
        }
        const last = keys.at(-1);
        next.push({ document: changed, suffix: values.length > 1 ? `${suffix}-${last}=${value}` : suffix });
      }
    }
    points = next.slice(0, mostPoints + 1);
  }
  if (points.length > mostPoints) problems.push(`--set: expected at most ${mostPoints} combinations`);
  if (problems.length > 0)
    throw new Error(`${[...new Set(problems)].join("\n")}\nFix: docs/benchmarking.md lists the keys`);
  return points;
}

/** Returns the texts between the commas outside of brackets. */
function valuesOf(text: string): readonly string[] {
  const values = [""];
  let depth = 0;
  for (const character of text) {
    if ("[{".includes(character)) depth++;
    if ("]}".includes(character)) depth--;
    if (character === "," && depth === 0) values.push("");
    else values[values.length - 1] += character;
  }
  return values;
}

/** Returns the keys of a path such as `schedulers[0].name`. */
function keysOf(path: string): readonly (string | number)[] | undefined {
  if (!/^[A-Za-z_][\w-]*(\[\d{1,3}\]|\.[A-Za-z_][\w-]*)*$/.test(path)) return undefined;
  const keys = [...path.matchAll(/[\w-]+/g)].map(([key]) => (/^\d+$/.test(key) ? Number(key) : key));
  return keys.some((key) => forbidden.includes(String(key))) ? undefined : keys;
}

function assign(document: Record<string, unknown>, keys: readonly (string | number)[], value: unknown): boolean {
  let at: Record<string | number, unknown> = document;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    const next = at[key];
    if (typeof next !== "object" || next === null) return false;
    at = next as Record<string | number, unknown>;
  }
  at[keys.at(-1)!] = value;
  return true;
}

/** Reads a value as YAML does, so that 5 is a number and `only` a text. */
function valueOf(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}
