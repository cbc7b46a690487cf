import { format } from "node:util";

/** A value of a template: a number, text, a truth value, or a list of them. */
export type Value = number | string | boolean | readonly Value[];

type Function = (...values: Value[]) => Value;

/** scheduler_perf casts every argument to a float64 first, also text (toFloat64 in its operations.go). */
function numberOf(value: Value | undefined): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && !Number.isNaN(number)) return number;
  throw new Error(`wanted a number, got ${JSON.stringify(value)}`);
}

function divided(left: Value, right: Value): number {
  if (numberOf(right) === 0) throw new Error("division by zero");
  return numberOf(left) / numberOf(right);
}

const sum = (values: readonly Value[]) => values.reduce<number>((total, value) => total + numberOf(value), 0);
const product = (values: readonly Value[]) => values.reduce<number>((total, value) => total * numberOf(value), 1);

/** Truth as Go's text/template defines it: zero, empty text and an empty list are false. */
export function isTrue(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** Text of a value as Go's `%v` prints it. */
export function textOf(value: Value): string {
  return typeof value === "object" ? `[${value.map(textOf).join(" ")}]` : String(value);
}

function printed(pattern: Value, values: readonly Value[]): string {
  if (typeof pattern !== "string") throw new Error(`wanted a format, got ${JSON.stringify(pattern)}`);
  const verbs = pattern.match(/%[^%a-zA-Z]*[%a-zA-Z]?/g)?.filter((verb) => verb !== "%%") ?? [];
  const unknown = verbs.find((verb) => !/^%(0?\d*d|[svq])$/.test(verb));
  if (unknown !== undefined) throw new Error(`the verb ${unknown} is not supported, only %d, %05d, %s, %v and %q`);
  if (verbs.length !== values.length) {
    throw new Error(`the format ${JSON.stringify(pattern)} wants ${verbs.length} values, got ${values.length}`);
  }
  let next = 0;
  return pattern.replace(/%(%|(0?)(\d*)d|[svq])/g, (verb, kind: string, zero: string, width: string) => {
    if (kind === "%") return "%";
    const value = values[next++] as Value;
    if (kind === "q") return JSON.stringify(textOf(value));
    if (!verb.endsWith("d")) return textOf(value);
    const digits = format("%d", numberOf(value));
    return zero === "0" ? digits.padStart(Number(width), "0") : digits.padStart(Number(width));
  });
}

function elementOf(list: Value, indexes: readonly Value[]): Value {
  return indexes.reduce<Value>((inner, at) => {
    const element = typeof inner === "object" ? inner[numberOf(at)] : undefined;
    if (element === undefined) throw new Error(`${textOf(inner)} has no element ${textOf(at)}`);
    return element;
  }, list);
}

function isLess(left: Value, right: Value): boolean {
  if (typeof left !== typeof right || typeof left === "boolean" || typeof left === "object") {
    throw new Error(`${JSON.stringify(left)} and ${JSON.stringify(right)} have no order`);
  }
  return left < right;
}

const isEqual = (left: Value, right: Value) => JSON.stringify(left) === JSON.stringify(right);

/** Functions of scheduler_perf's templates (getTemplateFuncs in its operations.go) and of Go's text/template, by name. */
export const functions: ReadonlyMap<string, Function> = new Map<string, Function>([
  ["AddFloat", (...values) => sum(values)],
  ["AddInt", (...values) => Math.trunc(sum(values))],
  ["SubtractFloat", (left = "", right = "") => numberOf(left) - numberOf(right)],
  ["SubtractInt", (left = "", right = "") => Math.trunc(numberOf(left) - numberOf(right))],
  ["MultiplyFloat", (...values) => product(values)],
  ["MultiplyInt", (...values) => Math.trunc(product(values))],
  ["DivideFloat", (left = "", right = "") => divided(left, right)],
  ["DivideInt", (left = "", right = "") => Math.trunc(divided(left, right))],
  [
    "Mod",
    (left = "", right = "") => {
      if (Math.trunc(numberOf(right)) === 0) throw new Error("division by zero");
      return Math.trunc(numberOf(left)) % Math.trunc(numberOf(right));
    },
  ],
  ["printf", (pattern = "", ...values) => printed(pattern, values)],
  ["index", (list = "", ...indexes) => elementOf(list, indexes)],
  [
    "len",
    (value = "") => {
      if (typeof value === "string" || typeof value === "object") return value.length;
      throw new Error(`${textOf(value)} has no length`);
    },
  ],
  ["eq", (left = "", ...rest) => rest.some((right) => isEqual(left, right))],
  ["ne", (left = "", right = "") => !isEqual(left, right)],
  ["lt", (left = "", right = "") => isLess(left, right)],
  ["le", (left = "", right = "") => isLess(left, right) || isEqual(left, right)],
  ["gt", (left = "", right = "") => isLess(right, left)],
  ["ge", (left = "", right = "") => isLess(right, left) || isEqual(left, right)],
  ["not", (value = "") => !isTrue(value)],
  ["and", (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1) ?? false],
  ["or", (...values) => values.find(isTrue) ?? values.at(-1) ?? false],
]);
