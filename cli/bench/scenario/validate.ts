import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { measureKinds } from "../metrics/measure-kinds.ts";
import { scenarioSchema } from "./schema.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario's document with every default. */
export type CompleteDocument = Omit<Scenario, "name" | "document">;

const check = new Ajv2020({ allErrors: true, useDefaults: true, strict: false, verbose: true }).compile(scenarioSchema);

/**
 * Completes a document with the defaults and checks it. Changes the document.
 * @returns a sentence for each wrong key; none for a valid document.
 */
export function problemsOf(document: Record<string, unknown>): readonly string[] {
  withShareOfPercent(document);
  const fits = check(document);
  const sentences = fits ? [] : (check.errors ?? []).flatMap((error) => sentenceOf(error) ?? []);
  if (!isMapping(document.compare) || !Array.isArray(document.schedulers)) return [...new Set(sentences)];
  const names = (document.schedulers as unknown[]).filter(isMapping).map(({ name }) => name);
  document.compare = { baseline: names[0], ...document.compare };
  return [...new Set([...sentences, ...relationProblems(document, names)])];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads an equivalence such as `3%`. */
function withShareOfPercent(document: Record<string, unknown>): void {
  const compare = document.compare as Record<string, unknown> | undefined;
  const text = compare?.equivalence;
  const [, digits] = typeof text === "string" ? (/^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? []) : [];
  if (compare !== undefined && digits !== undefined) compare.equivalence = Number(digits) / 100;
}

/** Rules between keys. A value of a wrong type has a sentence already. */
function relationProblems(
  { compare, thresholds }: Record<string, unknown>,
  names: readonly unknown[],
): readonly string[] {
  const { baseline, metrics } = compare as { readonly baseline: unknown; readonly metrics: unknown };
  const compared = Array.isArray(metrics) ? (metrics as unknown[]) : [];
  const problems = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `schedulers: expected different names, got ${shown(name)} twice`,
  );
  const expect = (path: string, value: unknown, known: readonly unknown[]) => {
    if (typeof value !== "string" || known.length === 0 || known.includes(value)) return;
    problems.push(`${path}: expected one of ${known.join(", ")}, got ${shown(value)}`);
  };
  expect("compare.baseline", baseline, names);
  for (const metric of compared) expect("compare.metrics", metric, measureNames);
  for (const [index, threshold] of (Array.isArray(thresholds) ? (thresholds as unknown[]) : []).entries()) {
    if (!isMapping(threshold)) continue;
    const path = `thresholds[${index}]`;
    const { scheduler, metric, ratioAtLeast } = threshold;
    expect(`${path}.scheduler`, scheduler, names);
    expect(`${path}.metric`, metric, measureNames);
    if (ratioAtLeast === undefined) continue;
    if (scheduler === baseline) problems.push(`${path}.ratioAtLeast: expected a scheduler other than the baseline`);
    if (!compared.includes(metric)) {
      problems.push(`${path}.ratioAtLeast: expected a measure of compare.metrics, got ${shown(metric)}`);
    }
  }
  return problems;
}

const measureNames = measureKinds.map(({ name }) => name);

/** Words for an error of ajv; undefined for one that only repeats others. */
function sentenceOf({ instancePath, keyword, params, data, parentSchema }: ErrorObject): string | undefined {
  const path = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)/g, "[$1]")
    .replaceAll("/", ".")
    .replaceAll("~1", "/");
  const at = (key: unknown) => (path === "" ? String(key) : `${path}.${String(key)}`);
  const schema = (parentSchema ?? {}) as Range & {
    readonly type?: string;
    readonly properties?: object;
    /** Words for a pattern. */
    readonly $comment?: string;
  };
  switch (keyword) {
    // Each has errors of its own below it.
    case "if":
    case "anyOf":
      return keyword === "anyOf" ? `${path}: expected atLeast, atMost or ratioAtLeast, got none of them` : undefined;
    case "required":
      // The branches of anyOf are summed up in its own sentence.
      return ["atLeast", "atMost", "ratioAtLeast"].includes(String(params.missingProperty))
        ? undefined
        : `${at(params.missingProperty)}: expected a value, got none`;
    case "dependentRequired":
      return `${at(params.property)}: expected ${String(params.missingProperty)} beside it, got none`;
    case "additionalProperties":
      return `${at(params.additionalProperty)}: expected one of the keys ${Object.keys(schema.properties ?? {}).join(", ")}`;
    case "minItems":
    case "maxItems":
      return `${path}: expected ${keyword === "minItems" ? "at least" : "at most"} ${String(params.limit)}, got ${shown(data)}`;
    case "minLength":
      return `${path}: expected a text, got ""`;
    // A long text is not shown, because it may be a URL with a secret.
    case "maxLength":
      return `${path}: expected at most ${String(params.limit)} characters, got ${String(data).length}`;
    case "const":
      return undefined;
    case "enum":
      return `${path}: expected one of ${(params.allowedValues as unknown[]).join(", ")}, got ${shown(data)}`;
    case "type":
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
      return `${path}: expected ${rangeOf(schema, String(params.type ?? schema.type))}, got ${shown(data)}`;
    case "pattern":
      return `${path}: expected ${schema.$comment ?? `a text that matches ${String(params.pattern)}`}, got ${shown(data)}`;
    default:
      return `${path}: it ${String(keyword)} ${JSON.stringify(params)}, got ${shown(data)}`;
  }
}

interface Range {
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Range, type: string): string {
  const noun = {
    integer: "an integer",
    number: "a number",
    string: "a text",
    object: "keys and values",
    array: "a list",
  };
  const name = noun[type as keyof typeof noun] ?? `a ${type}`;
  if (minimum !== undefined && maximum !== undefined) return `${name} from ${minimum} to ${maximum}`;
  if (exclusiveMinimum !== undefined)
    return `${name} above ${exclusiveMinimum}${maximum === undefined ? "" : ` and at most ${maximum}`}`;
  return name;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
