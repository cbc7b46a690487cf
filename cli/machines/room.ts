import pMap from "p-map";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import type { Machine } from "./machine.ts";
import { concurrency } from "./suspend.ts";

/** A machine of which a snapshot is taken, with the files of its disks. The memory goes to the first file. */
export interface Subject {
  readonly machine: Machine;
  readonly virsh: Virsh;
  readonly files: readonly string[];
}

/**
 * Refuses a snapshot for which a storage pool has no room. A full pool pauses every machine that writes to it.
 * @throws naming each such pool, with its free bytes and the bytes that the memory may need.
 */
export async function refuseWithoutRoom(subjects: readonly Subject[]): Promise<void> {
  const needed = new Map<string, { readonly virsh: Virsh; readonly pool: string; bytes: number }>();
  await pMap(
    subjects,
    async ({ machine, virsh, files: [file = ""] }) => {
      // A disk outside of every pool is one that another user has added; libvirt does not measure its file system.
      const pool = (await virsh("vol-pool", file).catch(() => "")).trim();
      if (pool === "") return;
      const bytes = await memoryOf(virsh, machine.uuid);
      const key = `${machine.uri} ${pool}`;
      const entry = needed.get(key) ?? { virsh, pool, bytes: 0 };
      entry.bytes += bytes;
      needed.set(key, entry);
    },
    { concurrency },
  );
  const problems: string[] = [];
  for (const { virsh, pool, bytes } of needed.values()) {
    // libvirt measures the pool only when it reads it.
    await virsh("pool-refresh", pool);
    const free = Number(/^Available:\s+(\d+)/m.exec(await virsh("pool-info", "--bytes", pool))?.[1] ?? NaN);
    if (free < bytes) {
      problems.push(
        `storage pool ${pool} has ${gibibytes(free)} GiB free, and the snapshot may need ${gibibytes(bytes)} GiB`,
      );
    }
  }
  if (problems.length > 0) {
    throw new Error(`${problems.join("\n")}. Fix: free space, or delete another snapshot: npm run snapshot -- list`);
  }
}

/** Bytes of memory that a snapshot may write: what the guest has touched, and never more than the guest has. */
async function memoryOf(virsh: Virsh, uuid: string): Promise<number> {
  const rows = lines(await virsh("dommemstat", uuid)).map((line) => line.split(/\s+/));
  const kibibytes = (key: string) => Number(rows.find(([name]) => name === key)?.[1] ?? Infinity);
  const bytes = Math.min(kibibytes("actual"), kibibytes("rss")) * 1024;
  return Number.isFinite(bytes) ? bytes : 0;
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
