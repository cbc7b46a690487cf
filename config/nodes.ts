import { checkLabel, isDomain } from "./names.ts";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** Size of a virtual machine. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
}

/** A taint as Kubernetes names its parts. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** The control-plane node. */
export interface MasterConfig extends MachineSize {
  readonly name: string;
  /** Size in GiB of the disk with etcd, certificates and keys, which outlives the machine. */
  readonly dataDiskGiB: number;
  /** Whether Pulumi refuses to delete or replace that disk. */
  readonly dataProtected: boolean;
}

// Kubernetes rejects any other name and value (apimachinery's IsQualifiedName and IsValidLabelValue).
const qualifiedName = /^([^/]+\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
// Kubernetes reserves these names, except the ones that a node may set on itself (NodeRestriction).
const restrictedLabel = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;
const allowedPrefix = /^(node\.kubernetes\.io|kubelet\.kubernetes\.io|[a-z0-9.-]+\.(node|kubelet)\.kubernetes\.io)\//;

/** Returns whether a text is a valid key of a label or a taint. */
export function isKey(text: string): boolean {
  const [prefix] = text.includes("/") ? text.split("/") : [];
  return qualifiedName.test(text) && (prefix === undefined || isDomain(prefix));
}

/** Reads and checks the control plane's name and size. Adds what is wrong to `problems`. */
export function readMaster(values: Values, problems: Problems): MasterConfig {
  const name = values.string("masterName");
  checkLabel(problems, "masterName", name);
  // Every machine resolves this name to its own loopback address.
  if (name === "localhost") problems.add("masterName", "a name other than localhost", name);
  const keys = { vcpus: "masterVcpus", memoryMiB: "masterMemoryMiB", diskGiB: "masterDiskGiB" };
  const at = (part: keyof MachineSize) => keys[part];
  const size = readSize((part) => values.integer(at(part)), at, problems, { vcpus: 2, memoryMiB: 1700, diskGiB: 4 });
  const dataDiskGiB = values.integer("masterDataDiskGiB");
  within(problems, "masterDataDiskGiB", dataDiskGiB, [2, largest.diskGiB]);
  return { name, ...size, dataDiskGiB, dataProtected: values.boolean("masterDataProtected") };
}

/** Smallest and largest number that a key takes. */
export type Range = readonly [smallest: number, largest: number];

/** Adds a problem for a number outside its range. */
export function within(problems: Problems, key: string, given: number, [smallest, largest]: Range): void {
  if (given < smallest) problems.add(key, `at least ${smallest}`, given);
  if (given > largest) problems.add(key, `at most ${largest}`, given);
}

/** Largest number of workers: Kubernetes is tested with up to 5,000 nodes (kubernetes.io, "Considerations for large clusters"). */
export const mostWorkers = 5000;

/** Longest limit in minutes, because a step that takes a day hangs. */
export const longestMinutes = 24 * 60;

/** Largest machine: the processors of QEMU's default machine, 4 TiB of memory, and the capacity of ext4 with 4 KiB blocks. */
const largest: MachineSize = { vcpus: 255, memoryMiB: 4 * 2 ** 20, diskGiB: 16 * 2 ** 10 };

/**
 * Reads a machine's size. Adds a problem for each part below the minimum or above the largest machine.
 * @param read Returns the value of a part.
 * @param at Returns the key to name in an error about a part.
 */
export function readSize(
  read: (part: keyof MachineSize) => number,
  at: (part: keyof MachineSize) => string,
  problems: Problems,
  minimum: MachineSize,
): MachineSize {
  const checked = (part: keyof MachineSize) => {
    const given = read(part);
    within(problems, at(part), given, [minimum[part], largest[part]]);
    return given;
  };
  return { vcpus: checked("vcpus"), memoryMiB: checked("memoryMiB"), diskGiB: checked("diskGiB") };
}

/**
 * Reads node labels, each key=value. Adds a problem for a label that a node may not set on itself.
 * @param at Key to name in an error.
 */
export function readLabels(list: readonly string[], problems: Problems, at: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const given of list) {
    const [key = "", value, ...rest] = given.split("=");
    if (value === undefined || rest.length > 0 || !isKey(key) || !labelValue.test(value)) {
      problems.add(at, "labels such as disk=ssd", given);
    } else if (Object.hasOwn(labels, key) && labels[key] !== value) {
      problems.add(at, `one value for the label ${key}`, given);
    } else if (restrictedLabel.test(key) && !allowedPrefix.test(key)) {
      problems.add(at, "labels a node may set on itself (NodeRestriction)", given);
    } else {
      labels[key] = value;
    }
  }
  return labels;
}

/**
 * Reads taints, each key=value:Effect or key:Effect. The API server rejects two taints with the same key and effect.
 * @param at Key to name in an error.
 */
export function readTaints(list: readonly string[], problems: Problems, at: string): Taint[] {
  const taken = new Set<string>();
  return list.flatMap((given) => {
    const [, key = "", value, effect] =
      /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(given) ?? [];
    if (!isKey(key) || !labelValue.test(value ?? "")) {
      problems.add(at, "taints such as dedicated=bench:NoSchedule", given);
      return [];
    }
    if (taken.has(`${key}:${effect}`)) problems.add(at, `one taint of key ${key} and effect ${effect}`, given);
    taken.add(`${key}:${effect}`);
    return [{ key, ...(value ? { value } : {}), effect: effect as Taint["effect"] }];
  });
}
