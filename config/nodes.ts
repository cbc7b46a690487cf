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
  /** Size in GiB of the disk that etcd, certificates and keys are on; it outlives the machine. */
  readonly dataDiskGiB: number;
  /** Whether that disk can be neither deleted nor replaced. */
  readonly dataProtected: boolean;
}

// Kubernetes refuses longer or other names and values (apimachinery's IsQualifiedName and IsValidLabelValue).
const qualifiedName = /^([^/]+\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
// Kubernetes keeps these names to itself, but for those that it lets nodes use (NodeRestriction).
const restrictedLabel = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;
const allowedPrefix = /^(node\.kubernetes\.io|kubelet\.kubernetes\.io|[a-z0-9.-]+\.(node|kubelet)\.kubernetes\.io)\//;

/** Whether a text can be the key of a label or a taint. */
function isKey(text: string): boolean {
  const [prefix] = text.includes("/") ? text.split("/") : [];
  return qualifiedName.test(text) && (prefix === undefined || isDomain(prefix));
}

/** Reads and checks the control plane's name and size; what is wrong goes to `problems`. */
export function readMaster(values: Values, problems: Problems): MasterConfig {
  const name = values.string("masterName");
  checkLabel(problems, "masterName", name);
  // A machine of this name would find itself when it looks for the control plane.
  if (name === "localhost") problems.add("masterName", "a name other than localhost", name);
  const keys = { vcpus: "masterVcpus", memoryMiB: "masterMemoryMiB", diskGiB: "masterDiskGiB" };
  const size = readSize(values, problems, keys, { vcpus: 2, memoryMiB: 1700, diskGiB: 4 });
  const dataDiskGiB = values.integer("masterDataDiskGiB");
  within(problems, "masterDataDiskGiB", dataDiskGiB, [2, largest.diskGiB]);
  return { name, ...size, dataDiskGiB, dataProtected: values.boolean("masterDataProtected") };
}

/** Smallest and largest number that a key takes. */
export type Range = readonly [smallest: number, largest: number];

/** Refuses a number outside of its range. */
export function within(problems: Problems, key: string, given: number, [smallest, largest]: Range): void {
  if (given < smallest) problems.add(key, `at least ${smallest}`, given);
  if (given > largest) problems.add(key, `at most ${largest}`, given);
}

/** Most workers of a cluster: Kubernetes is tested up to 5,000 nodes (kubernetes.io, "Considerations for large clusters"). */
export const mostWorkers = 5000;

/** Longest limit in minutes: a step that took a day hangs. */
export const longestMinutes = 24 * 60;

/** Largest size of a machine: the processors of QEMU's default machine, 4 TiB of memory, and what ext4 holds in 4 KiB blocks. */
const largest: MachineSize = { vcpus: 255, memoryMiB: 4 * 2 ** 20, diskGiB: 16 * 2 ** 10 };

/** Reads a machine's size from three keys, and refuses what is under the minimum or larger than any machine. */
export function readSize(
  values: Values,
  problems: Problems,
  keys: Readonly<Record<keyof MachineSize, string>>,
  minimum: MachineSize,
): MachineSize {
  const read = (part: keyof MachineSize) => {
    const given = values.integer(keys[part]);
    within(problems, values.name(keys[part]), given, [minimum[part], largest[part]]);
    return given;
  };
  return { vcpus: read("vcpus"), memoryMiB: read("memoryMiB"), diskGiB: read("diskGiB") };
}

/** Reads node labels, each key=value, and refuses those a node may not set on itself. */
export function readLabels(values: Values, problems: Problems, name: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const given of values.list(name)) {
    const [key = "", value, ...rest] = given.split("=");
    if (value === undefined || rest.length > 0 || !isKey(key) || !labelValue.test(value)) {
      problems.add(values.name(name), "labels such as disk=ssd", given);
    } else if (labels[key] !== undefined && labels[key] !== value) {
      problems.add(values.name(name), `one value for the label ${key}`, given);
    } else if (restrictedLabel.test(key) && !allowedPrefix.test(key)) {
      problems.add(values.name(name), "labels a node may set on itself (NodeRestriction)", given);
    } else {
      labels[key] = value;
    }
  }
  return labels;
}

/** Reads taints, each key=value:Effect or key:Effect; no two may have one key and effect, which the API server refuses. */
export function readTaints(values: Values, problems: Problems, name: string): Taint[] {
  const taken = new Set<string>();
  return values.list(name).flatMap((given) => {
    const [, key = "", value, effect] =
      /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(given) ?? [];
    if (!isKey(key) || !labelValue.test(value ?? "")) {
      problems.add(values.name(name), "taints such as dedicated=bench:NoSchedule", given);
      return [];
    }
    if (taken.has(`${key}:${effect}`))
      problems.add(values.name(name), `one taint of key ${key} and effect ${effect}`, given);
    taken.add(`${key}:${effect}`);
    return [{ key, ...(value ? { value } : {}), effect: effect as Taint["effect"] }];
  });
}
