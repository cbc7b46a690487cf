import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The types a key may have. */
export type KeyType = "string" | "integer" | "boolean" | "array" | "array of objects" | "object";

/** An object before its keys are checked. */
export type RawObject = Readonly<Record<string, unknown>>;

/** A value of the configuration with a checked type. */
export type Value = string | number | boolean | readonly string[] | readonly RawObject[] | RawObject;

/** Declaration of one key in Pulumi.yaml; its type is the type of its default. */
export interface KeySchema {
  readonly type: KeyType;
  readonly description: string;
  readonly default: Value;
}

/** A key of a worker pool. */
export interface PoolKeySchema extends KeySchema {
  /** Key of the stack whose value the pool inherits. */
  readonly plain?: string;
  /** Whether every pool must set the key; its default then only tells the type. */
  readonly required?: boolean;
}

/** Key of the list of worker pools. */
export const poolsKey = "workerPools";

/** Key of the list of pools of simulated nodes. */
export const simulatedKey = "simulatedNodes";

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
      { ...declared, type: [poolsKey, simulatedKey].includes(key) ? "array of objects" : typeOf(declared.default) },
    ]),
  );
}

/**
 * The keys of a pool, declared here because Pulumi.yaml rejects nested keys. A string names the plain key whose type, default
 * and description the pool's key shares.
 */
const poolKeys: Readonly<Record<string, string | Omit<PoolKeySchema, "type">>> = {
  name: { description: "Name of the pool, a DNS label that no other pool has.", default: "", required: true },
  count: { description: "Number of workers in the pool, 0 or more.", default: 0, required: true },
  namePrefix: {
    description: "Workers are named <prefix>-1, <prefix>-2, ...; every pool has another prefix. Unset, worker-<name>.",
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
  kubelet: "workerKubelet",
};

/** Returns the declared keys of a worker pool. @throws when Pulumi.yaml lacks a key that a pool inherits. */
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

/** The keys of a pool of simulated nodes. Their defaults are a machine as benchmarks of the scheduler use it. */
const simulatedKeys: Readonly<Record<string, Omit<PoolKeySchema, "type">>> = {
  name: {
    description: "Name of the pool, a DNS label that no other pool has. Its nodes are named <name>-1, <name>-2, ...",
    default: "",
    required: true,
  },
  count: { description: "Number of nodes in the pool, 0 to 5000.", default: 0, required: true },
  cpu: { description: "Allocatable processors of each node, 1 to 1024.", default: 16 },
  memoryMiB: { description: "Allocatable memory of each node in MiB, at most 16 TiB.", default: 65536 },
  pods: { description: "Largest number of pods on each node, 1 to 1000.", default: 110 },
  extendedResources: {
    description: "Further allocatable resources of each node, each name=number, such as example.com/gpu=8.",
    default: [],
  },
  labels: { description: "Labels of the nodes, each key=value.", default: [] },
  taints: {
    description: "Taints of the nodes besides kwok.x-k8s.io/node=fake:NoSchedule, each key=value:Effect or key:Effect.",
    default: [],
  },
  zones: {
    description:
      "Zones that the nodes are spread over, in turn. Kubernetes counts unavailable nodes by zone, so use zones without workers.",
    default: ["simulated"],
  },
};

/** Returns the declared keys of a pool of simulated nodes. */
export function readSimulatedSchema(): ReadonlyMap<string, PoolKeySchema> {
  return new Map(
    Object.entries(simulatedKeys).map(([key, declared]) => [key, { ...declared, type: typeOf(declared.default) }]),
  );
}

function typeOf(value: Value): KeyType {
  if (typeof value === "number") return "integer";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "array" : "object";
}
