import { isRecord } from "../lib/record.ts";
import type { Problems } from "./problems.ts";
import type { KeyType, PoolKeySchema, RawObject, Value } from "./schema.ts";

const expectations: Record<KeyType, string> = {
  string: "a string",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list of strings",
  "array of objects": "a list of objects",
  object: "an object",
};

/**
 * The typed values of a configuration, or of one object in it. A value is the one that is set, else the default.
 *
 * Pulumi passes every value as text, and lists and objects as JSON. Inside them, values have their own types. Unknown keys and values of
 * the wrong type are added to `problems`. A wrong value is replaced by the default, so that the remaining rules are checked.
 */
export class Values {
  readonly #values = new Map<string, Value>();

  /** @param path Prefix of the keys in errors, such as `workerPools[0].`. */
  constructor(schema: ReadonlyMap<string, PoolKeySchema>, raw: RawObject, problems: Problems, path = "") {
    for (const [key, given] of Object.entries(raw)) {
      if (schema.has(key)) continue;
      problems.add(path + key, `one of the known keys (${nearest(key, [...schema.keys()])})`, given);
    }
    for (const [key, { type, default: fallback, required }] of schema) {
      const given = raw[key];
      const value = given === undefined && !required ? fallback : convert(type, given);
      if (value === undefined) problems.add(path + key, expectations[type], given);
      this.#values.set(key, value ?? fallback);
    }
  }

  string(key: string): string {
    return this.value(key) as string;
  }

  integer(key: string): number {
    return this.value(key) as number;
  }

  boolean(key: string): boolean {
    return this.value(key) as boolean;
  }

  list(key: string): readonly string[] {
    return this.value(key) as readonly string[];
  }

  objects(key: string): readonly RawObject[] {
    return this.value(key) as readonly RawObject[];
  }

  object(key: string): RawObject {
    return this.value(key) as RawObject;
  }

  /** Returns a value of any type. @throws when Pulumi.yaml does not declare the key. */
  value(key: string): Value {
    const value = this.#values.get(key);
    if (value === undefined) throw new Error(`Pulumi.yaml declares no key ${key}`);
    return value;
  }
}

function convert(type: KeyType, given: unknown): Value | undefined {
  switch (type) {
    case "string":
      return typeof given === "string" ? given : undefined;
    case "integer":
      return /^-?\d{1,9}$/.test(asText(given)) ? Number(given) : undefined;
    case "boolean":
      return asText(given) === "true" ? true : asText(given) === "false" ? false : undefined;
    case "array":
      return listOf(given, (item) => typeof item === "string");
    case "array of objects":
      return listOf(given, isRecord);
    case "object": {
      const value = parsed(given);
      return isRecord(value) ? value : undefined;
    }
  }
}

function asText(given: unknown): string {
  return typeof given === "string" ? given : (JSON.stringify(given) ?? "");
}

function listOf<Item>(given: unknown, is: (item: unknown) => item is Item): readonly Item[] | undefined {
  const value = parsed(given);
  return Array.isArray(value) && value.every(is) ? value : undefined;
}

/** Returns the value of a JSON text; undefined for any other text. */
function parsed(given: unknown): unknown {
  try {
    return JSON.parse(asText(given));
  } catch {
    return undefined;
  }
}

/**
 * Returns a question with the known key that is most like an unknown one, because most unknown keys are mistyped. It shares the
 * longest beginning or end.
 */
export function nearest(key: string, known: readonly string[]): string {
  const mistyped = key.toLowerCase();
  const likeness = (other: string) => {
    const [known, { length }] = [other.toLowerCase(), mistyped];
    const most = Math.min(length, known.length);
    let [start, end] = [0, 0];
    while (start < most && mistyped[start] === known[start]) start++;
    while (end < most && mistyped[length - 1 - end] === known[known.length - 1 - end]) end++;
    return start + end;
  };
  const { best } = known.reduce(
    (most, other) => {
      const like = likeness(other);
      return like > most.like ? { best: other, like } : most;
    },
    { best: known[0], like: -1 },
  );
  return `did you mean ${best}?`;
}
