import { isNewOrResized, type Conflict, type Owned } from "./conflicts.ts";
import type { Host } from "../libvirt/host.ts";
import type { ExistingPool } from "../libvirt/inventory.ts";
import type { Desired, DesiredMachine } from "./desired.ts";

/** Findings about the capacity of a hypervisor: conflicts refuse the run, warnings do not. */
export interface CapacityFindings {
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly string[];
}

const gibibyte = 2 ** 30;

/** Changes that help, as sentences. A living cluster keeps its pool. */
const fixes = {
  domainType: "choose another domainType, or another hypervisor with libvirtUri.",
  memory:
    "lower masterMemoryMiB, workerMemoryMiB or the memoryMiB of a pool; or choose another hypervisor with libvirtUri.",
  disk:
    "lower masterDiskGiB, masterDataDiskGiB, workerDiskGiB or the diskGiB of a pool. " +
    "A new cluster can use a larger pool with storagePool or storagePoolPath.",
  folder: "choose another storagePoolPath, or an existing pool with storagePool.",
};

/** Changes that help where all machines together exceed the capacity. */
const fewer = "Fix, if it runs out: lower workers or the count of a pool";

/**
 * Compares the desired machines with the capacity of the hypervisor.
 *
 * A machine that can never run, or never fill its disk, is a conflict. All machines together may exceed the capacity, because
 * memory and disks are allocated only as they are used; this is a warning. Machines that exist in the desired size are skipped.
 */
export function checkCapacity(
  desired: Desired,
  host: Host,
  pools: readonly ExistingPool[],
  owned: Owned,
): CapacityFindings {
  const { machines, pool, domainType } = desired;
  const affected = machines.filter((machine) => isNewOrResized(machine, owned));
  const existing = pools.find(({ name }) => name === pool.name);
  const capacity = existing?.capacity ?? host.folder?.capacity;
  const place = pool.origin === "existing" ? `storage pool ${pool.name}` : `the disk of ${pool.path}`;
  const poolInfo = existing === undefined ? {} : { command: `pool-info ${pool.name}` };
  const sum = (part: (machine: DesiredMachine) => number) => machines.reduce((total, each) => total + part(each), 0);
  const allDisks = sum(({ disksGiB }) => disksGiB.reduce((total, size) => total + size, 0));

  const conflicts: Conflict[] = [];
  const warnings: string[] = [];
  if (host.hasDomainType === false && affected.length > 0) {
    const problem = `the hypervisor cannot run machines of type ${domainType}, the domainType of this stack`;
    conflicts.push({ problem, command: `domcapabilities --virttype ${domainType}`, fix: fixes.domainType });
  }
  const { memoryMiB = Infinity, processors = Infinity } = host;
  const tooLarge = affected.filter((machine) => machine.memoryMiB > memoryMiB);
  if (tooLarge.length > 0) {
    const largest = Math.max(...tooLarge.map((machine) => machine.memoryMiB));
    const problem = `${namesOf(tooLarge)} cannot have ${largest} MiB of memory: the hypervisor has ${memoryMiB} MiB`;
    conflicts.push({ problem, command: "nodeinfo", fix: fixes.memory });
  } else if (sum((machine) => machine.memoryMiB) > memoryMiB) {
    const all = sum((machine) => machine.memoryMiB);
    warnings.push(
      `the nodes may use ${all} MiB of memory together, but the hypervisor has ${memoryMiB} MiB. ` +
        `${fewer}, turn off other machines, or ${fixes.memory}`,
    );
  }
  const crowded = affected.filter(({ vcpus }) => vcpus > processors);
  if (crowded.length > 0) {
    warnings.push(
      `${namesOf(crowded)} would have more virtual CPUs than the ${processors} CPUs of the hypervisor, which is slow`,
    );
  }
  if (capacity !== undefined) {
    const has = (capacity / gibibyte).toFixed(1);
    const tooWide = affected.filter(({ disksGiB }) => disksGiB.some((size) => size * gibibyte > capacity));
    if (tooWide.length > 0) {
      const largest = Math.max(...tooWide.flatMap(({ disksGiB }) => disksGiB));
      conflicts.push({
        problem: `${namesOf(tooWide)} cannot fill a disk of ${largest} GiB: ${place} has ${has} GiB`,
        ...poolInfo,
        fix: fixes.disk,
      });
    } else if (allDisks * gibibyte > capacity) {
      warnings.push(
        `the nodes' disks may grow to ${allDisks} GiB together, but ${place} has ${has} GiB. ${fewer}, or ${fixes.disk}`,
      );
    }
  }
  conflicts.push(...folderConflicts(desired, host, owned));
  return { conflicts, warnings };
}

/** libvirt owns the directory of a pool, so a new stack must not use a directory with files. Later, the files are the stack's. */
function folderConflicts({ pool }: Desired, { folder }: Host, owned: Owned): Conflict[] {
  const isNew = [owned.domains, owned.pools, owned.volumes].every(({ size }) => size === 0);
  if (pool.origin !== "created" || folder === undefined || !isNew) return [];
  const fix = fixes.folder;
  if (!folder.isDirectory) return [{ problem: `storagePoolPath ${pool.path} is not a directory`, fix }];
  if (folder.entries.length === 0) return [];
  const [first = "", ...others] = folder.entries;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [{ problem: `storagePoolPath ${pool.path} must be missing or empty, but has ${first}${more}`, fix }];
}

function namesOf(machines: readonly DesiredMachine[]): string {
  const [first, ...others] = machines.map(({ domain }) => domain);
  return others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
}
