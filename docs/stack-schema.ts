import { componentUnits } from "../config/components.ts";
import {
  poolsKey,
  readPoolSchema,
  readSchema,
  readSimulatedSchema,
  simulatedKey,
  type KeyType,
  type PoolKeySchema,
  type Value,
} from "../config/schema.ts";
import { boundsOf, wordsOf, type Place } from "./key-values.ts";

type JsonSchema = Readonly<Record<string, unknown>>;
type Keys = ReadonlyMap<string, PoolKeySchema>;

/** Lists and objects as JSON texts, which `pulumi config set` writes for a value that is one word. */
const jsonTexts = {
  strings: { type: "string", pattern: '^\\s*\\[\\s*("([^"\\\\]|\\\\.)*"\\s*(,\\s*(?=")|(?=\\])))*\\]\\s*$' },
  objects: { type: "string", pattern: "^\\s*\\[\\s*(\\{[\\s\\S]*\\}\\s*)?\\]\\s*$" },
  object: { type: "string", pattern: "^\\s*\\{[\\s\\S]*\\}\\s*$" },
} as const;

const scalar = { type: ["string", "number", "boolean"] };
/** `pulumi config set` quotes words, so `"true"` is a boolean as well. */
const boolean = { enum: [true, false, "true", "false"] };

/** The shapes of objects whose keys Pulumi.yaml cannot declare. Any other object takes every key. */
const objectShapes: Readonly<Record<string, JsonSchema>> = {
  controlPlaneArguments: {
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.keys(componentUnits).map((name) => [
        name,
        { anyOf: [{ type: "object", additionalProperties: scalar }, jsonTexts.object] },
      ]),
    ),
  },
  featureGates: { propertyNames: { pattern: "^[A-Z][A-Za-z0-9]*$" }, additionalProperties: boolean },
};

/**
 * Returns the content of docs/stack.schema.json, the JSON schema of a stack's file. Types, defaults and descriptions are those of
 * config/schema.ts. Ranges and words are those that config/ names when it refuses a value.
 */
export function stackSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Stack of nodeforge: Pulumi.<stack>.yaml",
    type: "object",
    additionalProperties: false,
    properties: {
      config: {
        type: "object",
        description: "Settings of the stack. docs/configuration.md lists the keys of nodeforge.",
        additionalProperties: false,
        properties: Object.fromEntries(
          [...readSchema()].map(([key, declared]) => [`nodeforge:${key}`, keySchema(key, declared)]),
        ),
        // The settings of Pulumi's own providers.
        patternProperties: { "^(?!nodeforge:)[^:]+:.+$": {} },
      },
      encryptionsalt: { type: "string", description: "Salt of the passphrase, which Pulumi writes." },
      encryptedkey: { type: "string", description: "Key of the secrets provider, which Pulumi writes." },
      secretsprovider: { type: "string", description: "Provider that encrypts the secrets of the stack." },
    },
  };
}

function keySchema(key: string, declared: PoolKeySchema): JsonSchema {
  const listed: Readonly<Record<string, () => Keys>> = {
    [poolsKey]: readPoolSchema,
    [simulatedKey]: readSimulatedSchema,
  };
  const keys = listed[key]?.();
  if (keys === undefined) return valueSchema(key, declared, (value) => ({ [key]: textOf(value) }), key);
  return {
    ...notes(declared),
    anyOf: [{ type: "array", items: objectSchema(key, keys) }, jsonTexts.objects],
  };
}

/** Schema of the objects of a list. */
function objectSchema(list: string, keys: Keys): JsonSchema {
  const properties = [...keys].map(([key, declared]) => {
    const place: Place = (value) => ({ [list]: JSON.stringify([{ name: "pool", count: 1, [key]: value }]) });
    return [key, valueSchema(key, declared, place, `${list}[0].${key}`)];
  });
  return {
    type: "object",
    additionalProperties: false,
    required: [...keys].flatMap(([key, { required }]) => (required ? [key] : [])),
    properties: Object.fromEntries(properties) as JsonSchema,
  };
}

function valueSchema(key: string, declared: PoolKeySchema, place: Place, path: string): JsonSchema {
  const shapes: Readonly<Record<KeyType, () => JsonSchema>> = {
    string: () => {
      const words = wordsOf(place, path);
      return words === undefined ? { type: "string" } : { enum: [...new Set([declared.default, ...words])] };
    },
    // A number of nine digits is the largest that config/ reads. A text has no range here, but config/ checks it.
    integer: () => ({
      anyOf: [
        { type: "integer", ...boundsOf(place, path) },
        { type: "string", pattern: "^-?\\d{1,9}$" },
      ],
    }),
    boolean: () => boolean,
    array: () => {
      const words = wordsOf((word) => place([textOf(word)]), `${path}[0]`);
      const items = words === undefined ? { type: "string" } : { enum: words };
      return { anyOf: [{ type: "array", items }, jsonTexts.strings] };
    },
    "array of objects": () => ({ anyOf: [{ type: "array", items: { type: "object" } }, jsonTexts.objects] }),
    object: () => ({ anyOf: [{ type: "object", ...objectShapes[key] }, jsonTexts.object] }),
  };
  return { ...notes(declared), ...shapes[declared.type]() };
}

/** Description and default, which an editor shows. A pool inherits the value of its plain key instead of a default. */
function notes({ description, default: fallback, plain, required }: PoolKeySchema): JsonSchema {
  if (required) return { description };
  if (plain !== undefined) return { description: `${description} Unset, the value of nodeforge:${plain}.` };
  return { description, default: fallback };
}

function textOf(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
