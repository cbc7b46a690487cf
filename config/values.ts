import type { Problems } from "./problems.ts";
import type { KeySchema, KeyType, Value } from "./schema.ts";

const expectations: Record<KeyType, string> = {
  string: "a string",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list of strings",
};

/**
 * The typed values of a configuration: what the user set, else the declared default.
 *
 * Pulumi hands every value over as text; lists come as JSON. Unknown keys and values of the wrong type are added to
 * `problems`, and the default stands in so that the remaining rules can still be checked.
 */
export class Values {
  readonly #values = new Map<string, Value>();

  constructor(schema: ReadonlyMap<string, KeySchema>, raw: Readonly<Record<string, string>>, problems: Problems) {
    for (const [key, given] of Object.entries(raw)) {
      if (!schema.has(key)) problems.add(key, `one of the known keys (${nearest(key, [...schema.keys()])})`, given);
    }
    for (const [key, { type, default: fallback }] of schema) {
      const given = raw[key];
      const value = given === undefined ? fallback : convert(type, given);
      if (value === undefined) problems.add(key, expectations[type], given);
      this.#values.set(key, value ?? fallback);
    }
  }

  string(key: string): string {
    return this.#get(key) as string;
  }

  integer(key: string): number {
    return this.#get(key) as number;
  }

  boolean(key: string): boolean {
    return this.#get(key) as boolean;
  }

  list(key: string): readonly string[] {
    return this.#get(key) as readonly string[];
  }

  #get(key: string): Value {
    const value = this.#values.get(key);
    if (value === undefined) throw new Error(`Pulumi.yaml declares no key ${key}`);
    return value;
  }
}

function convert(type: KeyType, given: string): Value | undefined {
  switch (type) {
    case "string":
      return given;
    case "integer":
      return /^-?\d{1,9}$/.test(given) ? Number(given) : undefined;
    case "boolean":
      return given === "true" ? true : given === "false" ? false : undefined;
    case "array":
      return strings(given);
  }
}

function strings(given: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(given);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

// A mistyped key is the usual case: the key that shares the longest beginning or end is most likely meant.
function nearest(key: string, known: readonly string[]): string {
  const likeness = (other: string) => {
    const [a, b] = [key.toLowerCase(), other.toLowerCase()];
    const shared = (x: string, y: string) => [...x].findIndex((char, index) => char !== y[index]);
    const count = (x: string, y: string) => (shared(x, y) === -1 ? x.length : shared(x, y));
    return count(a, b) + count([...a].reverse().join(""), [...b].reverse().join(""));
  };
  const best = [...known].sort((a, b) => likeness(b) - likeness(a))[0];
  return `did you mean ${best}?`;
}
