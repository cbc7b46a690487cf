import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The types a key may have. */
export type KeyType = "string" | "integer" | "boolean" | "array";

/** A value of the configuration after its type was checked. */
export type Value = string | number | boolean | readonly string[];

/** What Pulumi.yaml declares of one key; its type is that of its default. */
export interface KeySchema {
  readonly type: KeyType;
  readonly description: string;
  readonly default: Value;
}

/**
 * Reads the declared keys from Pulumi.yaml, the one place that states names, types, defaults and descriptions.
 * @throws when the file cannot be read.
 */
export function readSchema(): ReadonlyMap<string, KeySchema> {
  const text = readFileSync(new URL("../Pulumi.yaml", import.meta.url), "utf8");
  const project = parse(text) as { config: Record<string, { description: string; default: Value }> };
  return new Map(
    Object.entries(project.config).map(([key, declared]) => [key, { ...declared, type: typeOf(declared.default) }]),
  );
}

function typeOf(value: Value): KeyType {
  if (typeof value === "number") return "integer";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "string" ? "string" : "array";
}
