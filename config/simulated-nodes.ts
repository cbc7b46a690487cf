import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { secondsOfGoDuration } from "../lib/go-duration.ts";
import { poolLabel, simulatedLabel } from "../names.ts";
import { checkLabel } from "./names.ts";
import { isKey, mostWorkers, readLabels, readTaints, within, type Taint } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import { readSimulatedSchema, simulatedKey } from "./schema.ts";
import { Values } from "./values.ts";
import type { WorkerPoolConfig } from "./worker-pools.ts";

/** Simulated nodes of one size and set of labels and taints: Node objects without machines. */
export interface SimulatedPool {
  /** Nodes are named <name>-1, <name>-2, ... */
  readonly name: string;
  readonly count: number;
  /** Allocatable processors. */
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Largest number of pods on a node. */
  readonly pods: number;
  /** Number of each extended resource, such as `nvidia.com/gpu`. */
  readonly extendedResources: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Taints besides the one that every simulated node has. */
  readonly taints: readonly Taint[];
  /** The nodes are spread over these zones. */
  readonly zones: readonly string[];
}

/** Simulated nodes of a cluster. */
export interface SimulatedNodesConfig {
  readonly pools: readonly SimulatedPool[];
  /** kwok's stages as YAML; undefined for those of nodeforge. */
  readonly stages: string | undefined;
  /** Seconds of each node's lease. kwok renews it four times as often. */
  readonly leaseSeconds: number;
}

/**
 * Seconds after which the controller manager (1.36) calls a node unavailable without a renewed lease, if its flag
 * `node-monitor-grace-period` says nothing else.
 */
const defaultGrace = 50;

/** The nodes that simulated ones must not be named like. */
export interface RealNodes {
  readonly masterName: string;
  readonly workerPools: readonly Pick<WorkerPoolConfig<unknown>, "name" | "namePrefix">[];
}

/** Taint of every simulated node, so that only a pod that tolerates it is scheduled there. kwok's documentation uses the same. */
export const simulatedTaint = { key: "kwok.x-k8s.io/node", value: "fake", effect: "NoSchedule" } as const;

/** Largest numbers: those of a machine in Kubernetes' tests are smaller by far. */
const largest = { cpu: 1024, memoryMiB: 16 * 2 ** 20, pods: 1000 } as const;

/** Longest number of a node, with its hyphen. */
const numberLength = `-${mostWorkers}`.length;

const graceFlag = "node-monitor-grace-period";

/** Seconds in which a real kubelet renews its lease twice. */
const shortestGrace = 20;

const stagesKey = "simulatedStages";

/**
 * Reads and checks the pools of simulated nodes. Adds what is wrong to `problems`.
 * @param controllerManager Arguments of the controller manager.
 */
export function readSimulatedNodes(
  values: Values,
  problems: Problems,
  real: RealNodes,
  controllerManager: Readonly<Record<string, string>>,
): SimulatedNodesConfig {
  const taken = new Set(real.workerPools.flatMap(({ name, namePrefix }) => [name, namePrefix]));
  const listed = values.objects(simulatedKey);
  if (listed.length > mostWorkers) problems.add(simulatedKey, `at most ${mostWorkers} pools`, listed.length);
  const schema = readSimulatedSchema();
  const pools = listed.map((raw, index) => {
    const path = `${simulatedKey}[${index}].`;
    const pool = readPool(new Values(schema, raw, problems, path), path, problems);
    const nameKey = `${path}name`;
    if (!problems.has(nameKey)) {
      if (taken.has(pool.name)) problems.add(nameKey, "one that no other pool of nodes has", pool.name);
      if (real.masterName.startsWith(`${pool.name}-`) && /^\d+$/.test(real.masterName.slice(pool.name.length + 1))) {
        problems.add(
          nameKey,
          `a name whose nodes are not called like the control plane, ${real.masterName}`,
          pool.name,
        );
      }
    }
    taken.add(pool.name);
    return pool;
  });
  const nodes = pools.reduce((sum, { count }) => sum + count, 0);
  if (nodes > mostWorkers && pools.every(({ count }) => count <= mostWorkers)) {
    problems.add(simulatedKey, `at most ${mostWorkers} simulated nodes in all pools together`, nodes);
  }
  return {
    pools: pools.filter(({ count }) => count > 0),
    stages: readStages(values.string(stagesKey), problems),
    leaseSeconds: leaseFor(controllerManager[graceFlag], problems),
  };
}

/**
 * Returns the seconds of a lease whose renewals, a quarter of it apart, come 1.7 times in the controller manager's grace period.
 * With the default, 5,000 nodes cost the API server 165 requests a second; with a longer period, proportionally fewer.
 */
function leaseFor(grace: string | undefined, problems: Problems): number {
  const seconds = grace === undefined ? defaultGrace : secondsOfGoDuration(grace);
  if (seconds === undefined || seconds < shortestGrace) {
    problems.add(
      `controlPlaneArguments.controllerManager.${graceFlag}`,
      "a duration of at least 20s, such as 5m",
      grace,
    );
  }
  return Math.floor((seconds ?? defaultGrace) * 2.4);
}

function readPool(values: Values, path: string, problems: Problems): SimulatedPool {
  const size = (key: keyof typeof largest) => {
    within(problems, path + key, values.integer(key), [1, largest[key]]);
    return values.integer(key);
  };
  const name = values.string("name");
  if (!problems.has(`${path}name`)) checkLabel(problems, `${path}name`, name, 63 - numberLength);
  within(problems, `${path}count`, values.integer("count"), [0, mostWorkers]);
  const zones = values.list("zones");
  if (zones.length === 0) problems.add(`${path}zones`, "at least one zone", zones);
  for (const zone of zones) checkLabel(problems, `${path}zones`, zone);
  const labels = readLabels(values.list("labels"), problems, `${path}labels`);
  for (const label of [poolLabel, simulatedLabel].filter((own) => own in labels)) {
    problems.add(`${path}labels`, "labels that nodeforge does not set", `${label}=${labels[label]}`);
  }
  const taints = readTaints(values.list("taints"), problems, `${path}taints`);
  const { key, effect } = simulatedTaint;
  // The API server rejects two taints with the same key and effect.
  if (taints.some((taint) => taint.key === key && taint.effect === effect)) {
    problems.add(`${path}taints`, `no taint ${key}:${effect}, which every simulated node has`, values.list("taints"));
  }
  return {
    name,
    count: values.integer("count"),
    cpu: size("cpu"),
    memoryMiB: size("memoryMiB"),
    pods: size("pods"),
    extendedResources: readResources(values.list("extendedResources"), problems, `${path}extendedResources`),
    labels,
    taints,
    zones,
  };
}

/**
 * Reads extended resources, each name=number. Kubernetes requires a domain in the name, and reserves its own and the prefix of
 * quotas (IsExtendedResourceName in pkg/apis/core/v1/helper).
 */
function readResources(list: readonly string[], problems: Problems, at: string): Record<string, number> {
  const resources: Record<string, number> = {};
  for (const given of list) {
    const [, name = "", number] = /^([^=]+)=(\d{1,9})$/.exec(given) ?? [];
    if (!isKey(name) || !name.includes("/") || name.includes("kubernetes.io/") || name.startsWith("requests.")) {
      problems.add(at, "resources such as example.com/gpu=8", given);
    } else if (name in resources) {
      problems.add(at, `one number of the resource ${name}`, given);
    } else {
      resources[name] = Number(number);
    }
  }
  return resources;
}

/** Reads the file with the user's stages; undefined for an empty path and for an unusable file. */
function readStages(path: string, problems: Problems): string | undefined {
  if (path === "") return undefined;
  const wanted = "the path of a YAML file with Stage objects of kwok.x-k8s.io/v1alpha1";
  try {
    const text = readFileSync(path, "utf8");
    const documents = parseAllDocuments(text).filter((document) => document.contents !== null);
    const isStage = (content: unknown) => {
      const { apiVersion, kind } = (content ?? {}) as Record<string, unknown>;
      return apiVersion === "kwok.x-k8s.io/v1alpha1" && kind === "Stage";
    };
    const isValid = documents.every((document) => document.errors.length === 0 && isStage(document.toJS()));
    if (documents.length > 0 && isValid) return text;
    problems.add(stagesKey, wanted, path);
  } catch (error) {
    problems.add(stagesKey, `${wanted} (${(error as NodeJS.ErrnoException).code ?? "unreadable"})`, path);
  }
  return undefined;
}
