import { isFresh, type Conflict, type Owned } from "./conflicts.ts";
import type { Host } from "../libvirt/host.ts";
import type { ExistingPool } from "../libvirt/inventory.ts";
import type { Desired, DesiredMachine } from "./desired.ts";

/** What cannot be made on a hypervisor, and what may become tight. */
export interface Room {
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly string[];
}

const gibibyte = 2 ** 30;

/**
 * Compares machines with what the hypervisor has. One that could never run, or fill its disk, is a conflict; all together may
 * be more than there is, because memory and disks are taken only as they are used. Machines that are there as
 * they are wanted were made.
 */
export function roomFor(wanted: Desired, host: Host, pools: readonly ExistingPool[], owned: Owned): Room {
  const { machines, pool, domainType } = wanted;
  const fresh = machines.filter((machine) => isFresh(machine, owned));
  const existing = pools.find(({ name }) => name === pool.name);
  const capacity = existing?.capacity ?? host.folder?.capacity;
  const place = pool.origin === "existing" ? `storage pool ${pool.name}` : `the disk of ${pool.path}`;
  const lookAtPool = existing === undefined ? {} : { look: `pool-info ${pool.name}` };
  const sum = (part: (machine: DesiredMachine) => number) => machines.reduce((total, each) => total + part(each), 0);
  const allDisks = sum(({ disksGiB }) => disksGiB.reduce((total, size) => total + size, 0));

  const conflicts: Conflict[] = [];
  const warnings: string[] = [];
  if (host.hasDomainType === false && fresh.length > 0) {
    const what = `the hypervisor cannot run machines of type ${domainType}; domainType says which`;
    conflicts.push({ what, look: `domcapabilities --virttype ${domainType}` });
  }
  const { memoryMiB = Infinity, processors = Infinity } = host;
  const tooLarge = fresh.filter((machine) => machine.memoryMiB > memoryMiB);
  if (tooLarge.length > 0) {
    const wants = Math.max(...tooLarge.map((machine) => machine.memoryMiB));
    const what = `${namesOf(tooLarge)} cannot have ${wants} MiB of memory: the hypervisor has ${memoryMiB} MiB`;
    conflicts.push({ what, look: "nodeinfo" });
  } else if (sum((machine) => machine.memoryMiB) > memoryMiB) {
    const all = sum((machine) => machine.memoryMiB);
    warnings.push(`the nodes may take ${all} MiB of memory together, and the hypervisor has ${memoryMiB} MiB`);
  }
  const crowded = fresh.filter(({ vcpus }) => vcpus > processors);
  if (crowded.length > 0) {
    warnings.push(
      `${namesOf(crowded)} would have more virtual CPUs than the hypervisor's ${processors}, which is slow`,
    );
  }
  if (capacity !== undefined) {
    const has = (capacity / gibibyte).toFixed(1);
    const tooWide = fresh.filter(({ disksGiB }) => disksGiB.some((size) => size * gibibyte > capacity));
    if (tooWide.length > 0) {
      const wants = Math.max(...tooWide.flatMap(({ disksGiB }) => disksGiB));
      conflicts.push({
        what: `${namesOf(tooWide)} cannot fill a disk of ${wants} GiB: ${place} has ${has} GiB`,
        ...lookAtPool,
      });
    } else if (allDisks * gibibyte > capacity) {
      warnings.push(`the nodes' disks may grow to ${allDisks} GiB together, and ${place} has ${has} GiB`);
    }
  }
  conflicts.push(...folderConflicts(wanted, host, owned));
  return { conflicts, warnings };
}

/** libvirt owns the directory of a pool; files that are there already are somebody's. A stack that made anything has its own. */
function folderConflicts({ pool }: Desired, { folder }: Host, owned: Owned): Conflict[] {
  const isNew = [owned.domains, owned.pools, owned.volumes].every(({ size }) => size === 0);
  if (pool.origin !== "created" || folder === undefined || !isNew) return [];
  if (!folder.isDirectory) return [{ what: `storagePoolPath ${pool.path} is no directory` }];
  if (folder.entries.length === 0) return [];
  const [first = "", ...others] = folder.entries;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [
    { what: `storagePoolPath ${pool.path} is not empty, and has to be missing or empty: it holds ${first}${more}` },
  ];
}

function namesOf(machines: readonly DesiredMachine[]): string {
  const [first, ...others] = machines.map(({ domain }) => domain);
  return others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
}
