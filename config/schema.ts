import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The types a key may have. */
export type KeyType = "string" | "integer" | "boolean" | "array" | "array of objects";

/** What an object in a list holds before its keys are checked. */
export type RawObject = Readonly<Record<string, unknown>>;

/** A value of the configuration after its type was checked. */
export type Value = string | number | boolean | readonly string[] | readonly RawObject[];

/** What Pulumi.yaml declares of one key; its type is that of its default. */
export interface KeySchema {
  readonly type: KeyType;
  readonly description: string;
  readonly default: Value;
}

/** A key of a worker pool. */
export interface PoolKeySchema extends KeySchema {
  /** Key of the stack whose value stands in for one that is not set. */
  readonly plain?: string;
  /** Whether it has to be set; its default is then only of the right type. */
  readonly required?: boolean;
}

/** Key of the list of worker pools. */
export const poolsKey = "workerPools";

/**
 * Reads the declared keys from Pulumi.yaml, the one place that states names, types, defaults and descriptions.
 * @throws when the file cannot be read.
 */
export function readSchema(): ReadonlyMap<string, KeySchema> {
  const text = readFileSync(new URL("../Pulumi.yaml", import.meta.url), "utf8");
  const project = parse(text) as { config: Record<string, { description: string; default: Value }> };
  return new Map(
    Object.entries(project.config).map(([key, declared]) => [
      key,
      { ...declared, type: key === poolsKey ? "array of objects" : typeOf(declared.default) },
    ]),
  );
}

/**
 * The keys of a pool. They stand here because Pulumi.yaml cannot hold them: Pulumi refuses what it does not know beneath
 * a key. One that a plain key stands in for is what that key is, and Pulumi.yaml describes both.
 */
const poolKeys: Readonly<Record<string, string | Omit<PoolKeySchema, "type">>> = {
  name: { description: "Name of the pool, a DNS label of its own.", default: "", required: true },
  count: { description: "Number of workers in the pool, 0 or more.", default: 0, required: true },
  namePrefix: {
    description: "Workers are named <prefix>-1, <prefix>-2, ...; no two pools have one prefix. Unset, worker-<name>.",
    default: "",
  },
  vcpus: "workerVcpus",
  memoryMiB: "workerMemoryMiB",
  diskGiB: "workerDiskGiB",
  image: { description: "Node image of the pool, a path or an http(s) URL. Unset, the stack's image.", default: "" },
  imageSha256: {
    description: "Expected SHA-256 of the pool's own image in hexadecimal; required for a URL.",
    default: "",
  },
  labels: "workerLabels",
  taints: "workerTaints",
};

/** The keys of a worker pool. */
export function readPoolSchema(schema = readSchema()): ReadonlyMap<string, PoolKeySchema> {
  return new Map(
    Object.entries(poolKeys).map(([key, declared]) => {
      if (typeof declared !== "string") return [key, { ...declared, type: typeOf(declared.default) }];
      const plain = schema.get(declared);
      if (plain === undefined) throw new Error(`Pulumi.yaml declares no key ${declared}`);
      return [key, { ...plain, plain: declared }];
    }),
  );
}

function typeOf(value: Value): KeyType {
  if (typeof value === "number") return "integer";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "string" ? "string" : "array";
}
