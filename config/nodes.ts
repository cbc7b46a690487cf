import { checkLabel } from "./names.ts";
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
}

/** The workers, all alike. */
export interface WorkersConfig extends MachineSize {
  readonly count: number;
  readonly namePrefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

// Kubernetes refuses longer or other names and values (apimachinery's IsQualifiedName and IsValidLabelValue).
const qualifiedName = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
// NodeRestriction forbids a kubelet to set these on itself, so that a join with them would be refused.
const restrictedLabel = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;
const allowedPrefix = /^(node\.kubernetes\.io|kubelet\.kubernetes\.io|[a-z0-9.-]+\.(node|kubelet)\.kubernetes\.io)\//;

/** Reads and checks size, names, labels and taints of the nodes; what is wrong goes to `problems`. */
export function readNodes(values: Values, problems: Problems): { master: MasterConfig; workers: WorkersConfig } {
  const master = {
    name: values.string("masterName"),
    ...readSize(values, problems, "master", { vcpus: 2, memoryMiB: 1700, diskGiB: 4 }),
  };
  const workers = {
    count: values.integer("workers"),
    namePrefix: values.string("workerNamePrefix"),
    ...readSize(values, problems, "worker", { vcpus: 1, memoryMiB: 768, diskGiB: 4 }),
    labels: readLabels(values, problems),
    taints: readTaints(values, problems),
  };
  atLeast(problems, "workers", workers.count, 0);
  checkLabel(problems, "masterName", master.name);
  checkLabel(problems, "workerNamePrefix", workers.namePrefix, 63 - String(workers.count).length - 1);
  if (!problems.has("workers") && new RegExp(`^${workers.namePrefix}-\\d+$`).test(master.name)) {
    problems.add("masterName", "a name no worker can have", master.name);
  }
  return { master, workers };
}

/** Refuses a number under its minimum. */
export function atLeast(problems: Problems, key: string, given: number, minimum: number): void {
  if (given < minimum) problems.add(key, `at least ${minimum}`, given);
}

function readSize(values: Values, problems: Problems, role: "master" | "worker", minimum: MachineSize): MachineSize {
  const read = (suffix: string, least: number) => {
    const given = values.integer(`${role}${suffix}`);
    atLeast(problems, `${role}${suffix}`, given, least);
    return given;
  };
  return {
    vcpus: read("Vcpus", minimum.vcpus),
    memoryMiB: read("MemoryMiB", minimum.memoryMiB),
    diskGiB: read("DiskGiB", minimum.diskGiB),
  };
}

function readLabels(values: Values, problems: Problems): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const given of values.list("workerLabels")) {
    const [key = "", value, ...rest] = given.split("=");
    if (value === undefined || rest.length > 0 || !qualifiedName.test(key) || !labelValue.test(value)) {
      problems.add("workerLabels", "labels such as disk=ssd", given);
    } else if (restrictedLabel.test(key) && !allowedPrefix.test(key)) {
      problems.add("workerLabels", "labels a node may set on itself (NodeRestriction)", given);
    } else {
      labels[key] = value;
    }
  }
  return labels;
}

function readTaints(values: Values, problems: Problems): Taint[] {
  return values.list("workerTaints").flatMap((given) => {
    const [, key = "", value, effect] =
      /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(given) ?? [];
    if (!qualifiedName.test(key) || !labelValue.test(value ?? "")) {
      problems.add("workerTaints", "taints such as dedicated=bench:NoSchedule", given);
      return [];
    }
    return [{ key, ...(value ? { value } : {}), effect: effect as Taint["effect"] }];
  });
}
