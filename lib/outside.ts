import { Ajv2020, type SchemaObject, type ValidateFunction } from "ajv/dist/2020.js";
import { parse, type Document } from "yaml";

/** A text from outside of the program. */
export interface Source {
  /** Noun phrase for the text, such as `kubectl's list of leases`. */
  readonly name: string;
  /** Command or action that gives a right text. */
  readonly fix: string;
}

/** Shape of a JSON value. Fields that it does not name may have any value. */
export type Shape = SchemaObject;

/** Shape of a text. */
export const text: Shape = { type: "string" };

/** Shape of a number. */
export const number: Shape = { type: "number" };

/** Shape of any object. */
export const anyObject: Shape = { type: "object" };

/** Shape of a list. */
export function list(items: Shape): Shape {
  return { type: "array", items };
}

/** Shape of an object. @param optional Fields that may be missing, but have this shape otherwise. */
export function object(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  return { type: "object", required: Object.keys(required), properties: { ...required, ...optional } };
}

/** Shape of an object with any keys. */
export function mapOf(values: Shape): Shape {
  return { type: "object", additionalProperties: values };
}

const ajv = new Ajv2020({ strict: false });
const compiled = new WeakMap<Shape, ValidateFunction>();

/**
 * Parses JSON from outside and checks its shape. The error does not quote the text, because it may have secrets.
 * @param shape A constant, because it is compiled once.
 * @throws naming the source when the text is not JSON, or its value has another shape.
 */
export function readJson<T>(json: string, source: Source, shape: Shape): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    const given = json.trim() === "" ? "nothing" : `a text of ${json.length} characters that is none`;
    throw new Error(`${source.name}: expected JSON, got ${given}. Fix: ${source.fix}`);
  }
  return checkShape<T>(value, source, shape);
}

/**
 * Parses YAML from outside and checks its shape. The error does not quote the text, because it may have secrets.
 * @param shape A constant, because it is compiled once.
 * @throws naming the source when the text is not YAML, is nested too deeply to be read, or its value has another shape.
 */
export function readYaml<T>(yaml: string, source: Source, shape: Shape): T {
  let value: unknown;
  try {
    value = parse(yaml, { prettyErrors: false, logLevel: "error" });
  } catch {
    throw new Error(
      `${source.name}: expected YAML, got a text of ${yaml.length} characters that is none. Fix: ${source.fix}`,
    );
  }
  return checkShape<T>(value, source, shape);
}

/** Value of a parsed YAML document. @throws its first error, or the parser's for one that is nested too deeply. */
export function valueOf(document: Document): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return document.toJS();
}

/** First line of a parser's reason. A text that is nested too deeply has no better one than the stack of the parser. */
export function reasonOf(error: unknown): string {
  const [reason = ""] = (error as Error).message.split("\n");
  return reason.includes("call stack") ? "it is nested too deeply" : reason;
}

/** Checks the shape of a value from outside. @throws naming the source and the first place that differs. */
export function checkShape<T>(value: unknown, source: Source, shape: Shape): T {
  const check = compiled.get(shape) ?? ajv.compile(shape);
  compiled.set(shape, check);
  if (check(value)) return value as T;
  const [{ instancePath = "", message = "is wrong" } = {}] = check.errors ?? [];
  const place = instancePath.slice(0, 100).replaceAll(/[^\w/.:-]/g, "?") || "the whole";
  throw new Error(`${source.name}: ${place} ${message}. Fix: ${source.fix}`);
}
