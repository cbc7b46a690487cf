import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/index.ts";
import { hasSameInputs, isInitialized, priorCluster } from "../lifecycle/prior-cluster.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { dataVolumeName, resourceName, suffix } from "../names.ts";
import { volumesOf } from "../libvirt/inventory.ts";
import { commandFor, lines, virshFor, type Virsh } from "../libvirt/virsh.ts";

/** Facts about the disk with the control plane's data, of a cluster whose control plane was initialized. */
export interface DataDisk {
  /** Whether the state has the disk. A refresh removes it from the state when libvirt does not have it. */
  readonly inState: boolean;
  /** Whether libvirt has the disk; "unknown" when libvirt does not answer. */
  readonly inLibvirt: "yes" | "no" | "unknown";
  /** Value of the key `masterDataProtected`. */
  readonly isProtected: boolean;
  /** Whether the settings describe another cluster than the one that wrote the disk. */
  readonly isAnother: boolean;
}

/** Consequence of the facts: the run continues with the disk (`kept`) or without it (`given up`), or it is refused. */
export type Verdict = "kept" | "given up" | "refused: missing" | "refused: unknown" | "refused: another cluster";

/** Verdicts by facts; the first row that matches decides. */
const verdicts: readonly (readonly [when: Partial<DataDisk>, verdict: Verdict])[] = [
  [{ inLibvirt: "no", isProtected: true }, "refused: missing"],
  [{ inLibvirt: "no", isProtected: false }, "given up"],
  // The rest of the run needs the disk, and shows why libvirt does not answer.
  [{ inLibvirt: "unknown", inState: true }, "kept"],
  [{ inLibvirt: "unknown", inState: false }, "refused: unknown"],
  // The state lost the disk and its protection, so no other check would keep this run from replacing the cluster.
  [{ inLibvirt: "yes", inState: false, isProtected: true, isAnother: true }, "refused: another cluster"],
  [{ inLibvirt: "yes" }, "kept"],
];

/** Returns the verdict about a disk. */
export function verdictOn(disk: DataDisk): Verdict {
  const facts = new Map<string, unknown>(Object.entries(disk));
  const matches = (when: object) => Object.entries(when).every(([fact, value]) => facts.get(fact) === value);
  const [, verdict = "refused: unknown"] = verdicts.find(([when]) => matches(when)) ?? [];
  return verdict;
}

/**
 * Returns whether the control plane's data is lost and was given up (`masterDataProtected: false`). The run then creates
 * another cluster.
 *
 * The state alone cannot tell, because a refresh forgets a missing disk, and `pulumi up --refresh` refreshes after the program
 * read the state. libvirt is asked instead, with one call while the disk exists.
 * @throws {pulumi.RunError} before anything is changed, in three cases. The protected data is missing, so a blank disk would
 * replace it. The disk is missing in the state and libvirt does not answer. The disk is back, but the settings describe another
 * cluster.
 */
export async function isDataLost(
  config: ClusterConfig,
  prior: PriorState,
  virsh: Virsh = virshFor(config.libvirtUri),
): Promise<boolean> {
  const { clusterName, master, storagePool } = config;
  const before = priorCluster(prior, clusterName);
  if (before.id === undefined || before.master === undefined || !isInitialized(prior, clusterName, before.master)) {
    return false;
  }
  const machine = resourceName(clusterName, before.master);
  const inState = prior.outputsOf("volume", `${machine}${suffix.data}`);
  const volume = {
    name: dataVolumeName(machine, before.id),
    pool: typeof inState?.pool === "string" ? inState.pool : storagePool.name,
  };
  const { inLibvirt, reason = "" } = await findVolume(virsh, volume);
  const verdict = verdictOn({
    inState: inState !== undefined,
    inLibvirt,
    isProtected: master.dataProtected,
    isAnother: !hasSameInputs(prior, config) || before.master !== master.name,
  });
  if (verdict === "kept" || verdict === "given up") return verdict === "given up";
  throw refusal(verdict, volume, reason, config.libvirtUri);
}

/** A volume by name and pool. */
interface Volume {
  readonly name: string;
  readonly pool: string;
}

/** Asks libvirt for a volume. An inactive pool lists no volume, so nothing is known of its content. */
async function findVolume(
  virsh: Virsh,
  { name, pool }: Volume,
): Promise<Pick<DataDisk, "inLibvirt"> & { readonly reason?: string }> {
  const isFound = await virsh("vol-path", "--pool", pool, name).then(
    () => true,
    () => false,
  );
  if (isFound) return { inLibvirt: "yes" };
  try {
    if (lines(await virsh("pool-list", "--inactive", "--name")).includes(pool)) {
      return { inLibvirt: "unknown", reason: `the storage pool ${pool} is not active. Fix: virsh pool-start ${pool}` };
    }
    const volumes = await volumesOf(virsh, pool, { refresh: true });
    return { inLibvirt: volumes.includes(name) ? "yes" : "no" };
  } catch (error) {
    return { inLibvirt: "unknown", reason: (error as Error).message };
  }
}

function refusal(
  verdict: Exclude<Verdict, "kept" | "given up">,
  { name, pool }: Volume,
  reason: string,
  uri: string,
): pulumi.RunError {
  const texts: Record<typeof verdict, readonly string[]> = {
    "refused: unknown": [`libvirt does not tell whether the disk ${name} exists.`, `  ${reason}`],
    "refused: another cluster": [
      `the stack lost the disk with the control plane's data from its state, volume ${name} of pool ${pool}.`,
      "  libvirt has the disk again, but the settings describe another cluster, which would replace it.",
      "Fix: run once with the settings of before.",
    ],
    "refused: missing": [
      `the disk with the control plane's data is missing, volume ${name} of pool ${pool}.`,
      "  It has etcd, certificates and keys. A blank disk in its place would lose the cluster. A control plane that still runs may",
      "  have the last copy open, in a deleted file: do not stop it.",
      `  Volumes of the pool: ${commandFor(uri)} vol-list --pool ${pool}`,
      "Fix: restore the file or its storage under that name, and run again. If it is lost for good and you have a backup, restore",
      "the backup (docs/operations.md, Backup and restore). To give the data up and create a new cluster, set masterDataProtected",
      "to false. If the control plane does not answer any more, run `npm run destroy` first.",
    ],
  };
  return new pulumi.RunError(`Nothing was changed: ${texts[verdict].join("\n")}`);
}
