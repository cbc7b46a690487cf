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
    conflicts.push({ problem, command: `domcapabilities --virttype ${domainType}` });
  }
  const { memoryMiB = Infinity, processors = Infinity } = host;
  const tooLarge = affected.filter((machine) => machine.memoryMiB > memoryMiB);
  if (tooLarge.length > 0) {
    const largest = Math.max(...tooLarge.map((machine) => machine.memoryMiB));
    const problem = `${namesOf(tooLarge)} cannot have ${largest} MiB of memory: the hypervisor has ${memoryMiB} MiB`;
    conflicts.push({ problem, command: "nodeinfo" });
  } else if (sum((machine) => machine.memoryMiB) > memoryMiB) {
    const all = sum((machine) => machine.memoryMiB);
    warnings.push(`the nodes may use ${all} MiB of memory together, but the hypervisor has ${memoryMiB} MiB`);
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
      });
    } else if (allDisks * gibibyte > capacity) {
      warnings.push(`the nodes' disks may grow to ${allDisks} GiB together, but ${place} has ${has} GiB`);
    }
  }
  conflicts.push(...folderConflicts(desired, host, owned));
  return { conflicts, warnings };
}

/** libvirt owns the directory of a pool, so a new stack must not use a directory with files. Later, the files are the stack's. */
function folderConflicts({ pool }: Desired, { folder }: Host, owned: Owned): Conflict[] {
  const isNew = [owned.domains, owned.pools, owned.volumes].every(({ size }) => size === 0);
  if (pool.origin !== "created" || folder === undefined || !isNew) return [];
  if (!folder.isDirectory) return [{ problem: `storagePoolPath ${pool.path} is not a directory` }];
  if (folder.entries.length === 0) return [];
  const [first = "", ...others] = folder.entries;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [{ problem: `storagePoolPath ${pool.path} must be missing or empty, but has ${first}${more}` }];
}

function namesOf(machines: readonly DesiredMachine[]): string {
  const [first, ...others] = machines.map(({ domain }) => domain);
  return others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
}
