import { readdir, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { isLocalHypervisor } from "../toolchain/virtualisation.ts";
import type { Conflict, Owned } from "./conflicts.ts";
import type { Wanted } from "./wanted.ts";

/**
 * What keeps the folder of a storage pool that is made from being one: files in it that libvirt would take for volumes, and
 * a file system smaller than a single disk. Only this machine's own folders can be looked into.
 */
export async function conflictsOfFolder(
  { pool, machines, dataDiskGiB }: Wanted,
  owned: Owned,
  uri: string,
): Promise<readonly Conflict[]> {
  if (pool.origin !== "created" || owned.pools.has(pool.name) || !isLocalHypervisor(uri)) return [];
  const look = "pool-list --all --details";
  // A folder that only root may read tells nothing here, and libvirt still refuses what it cannot use.
  const entries = await readdir(pool.path).catch(() => []);
  // What mke2fs puts into a file system of its own.
  const files = entries.filter((name) => name !== "lost+found");
  const capacityGiB = Math.floor((await capacityOf(pool.path)) / 2 ** 30);
  const largest = Math.max(dataDiskGiB, ...machines.map(({ diskGiB }) => diskGiB));
  return [
    ...(files.length > 0
      ? [
          {
            what: `storagePoolPath ${pool.path} holds ${files.slice(0, 3).join(", ")}, and must be empty or missing`,
            look,
          },
        ]
      : []),
    ...(largest > capacityGiB
      ? [
          {
            what: `a disk of ${largest} GiB is wanted, and the file system of ${pool.path} has ${capacityGiB} GiB in all`,
            look,
          },
        ]
      : []),
  ];
}

/** Bytes of the file system that a folder is in, or will be. */
async function capacityOf(path: string): Promise<number> {
  try {
    const { blocks, bsize } = await statfs(path);
    return blocks * bsize;
  } catch {
    return path === "/" ? Number.POSITIVE_INFINITY : capacityOf(dirname(path));
  }
}
