import { shortDigest } from "../../lib/digest.ts";
import type { Role } from "../../topology.ts";
import type { StackSettings } from "../stack/settings.ts";
import type { Size } from "./demand.ts";

/** A node as settings describe it. */
export interface DesiredNode {
  readonly name: string;
  readonly role: Role;
  readonly size: Size;
  /** Size of the control plane's data disk, which grows while the machine runs; 0 for a worker. */
  readonly dataDiskGiB: number;
  /** Properties whose change replaces the machine, in words, by what they are. */
  readonly machine: Readonly<Record<string, string>>;
  /** Properties whose change repeats steps on the node, as JSON, by what they are. */
  readonly steps: Readonly<Record<string, string>>;
}

/** Settings of a stack, as far as they are read here. */
export type NodeSettings = Pick<StackSettings, "get" | "objects" | "all">;

/** Keys whose change replaces every machine, because they are in each seed disk or domain. */
const machineKeys: Readonly<Record<string, string>> = {
  clusterName: "cluster name",
  domainType: "virtualisation",
  nodeDomain: "DNS domain (seed disk)",
  sshUser: "ssh user (seed disk)",
  sshPublicKey: "ssh key (seed disk)",
};

/** Lists the nodes that settings describe. Does not check the settings, because the program does. */
export function desiredNodes(settings: NodeSettings): readonly DesiredNode[] {
  const { get, objects, all } = settings;
  const shared = Object.fromEntries(
    Object.entries(machineKeys).map(([key, what]) => [what, get(key) || "(default)"] as const),
  );
  const json = (value: unknown) => JSON.stringify(value ?? null);
  const everywhere = { "feature gates": json(all.featureGates) };
  const node = (name: string, role: Role, raw: Raw, dataDiskGiB: number, steps: DesiredNode["steps"]): DesiredNode => ({
    name,
    role,
    size: {
      vcpus: Number(raw.vcpus),
      memoryMiB: Number(raw.memoryMiB),
      diskGiB: Number(raw.diskGiB) + dataDiskGiB,
    },
    dataDiskGiB,
    machine: {
      image: imageOf(settings, raw),
      vCPUs: String(raw.vcpus),
      memory: `${String(raw.memoryMiB)} MiB`,
      "root disk": `${String(raw.diskGiB)} GiB`,
      ...shared,
    },
    steps: { ...everywhere, ...steps },
  });
  const master = {
    vcpus: get("masterVcpus"),
    memoryMiB: get("masterMemoryMiB"),
    diskGiB: get("masterDiskGiB"),
  };
  const inherited = {
    vcpus: get("workerVcpus"),
    memoryMiB: get("workerMemoryMiB"),
    diskGiB: get("workerDiskGiB"),
    labels: all.workerLabels,
    taints: all.workerTaints,
    kubelet: all.workerKubelet,
  };
  const listed = objects("workerPools");
  const pools: readonly Raw[] =
    listed.length > 0 ? listed : [{ name: "workers", count: get("workers"), namePrefix: get("workerNamePrefix") }];
  const workers = pools.flatMap((pool) => {
    const raw: Raw = { ...inherited, ...pool };
    const prefix = text(raw.namePrefix) || `worker-${text(raw.name)}`;
    const steps = { labels: json(raw.labels), taints: json(raw.taints), "settings of the kubelet": json(raw.kubelet) };
    const count = Number(raw.count);
    return Array.from({ length: Number.isSafeInteger(count) && count > 0 ? count : 0 }, (_, index) =>
      node(`${prefix}-${index + 1}`, "worker", raw, 0, steps),
    );
  });
  const components = { "settings of the control plane": json(all.controlPlaneArguments) };
  return [node(get("masterName"), "control-plane", master, Number(get("masterDataDiskGiB")), components), ...workers];
}

/** A value for each key of a pool. */
type Raw = Readonly<Record<string, unknown>>;

/** Names the image of a node: the start of its hash, else its source, else the default image of the checkout. */
function imageOf({ get }: NodeSettings, { image, imageSha256 }: Raw): string {
  const source = text(image) || get("image");
  const sha256 = text(image) === "" ? get("imageSha256") : text(imageSha256);
  if (source === "") return "the default image";
  return sha256 === "" ? source : shortDigest(sha256);
}

function text(value: unknown): string {
  return ["string", "number"].includes(typeof value) ? String(value) : "";
}
