import { readdirSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isLocal } from "./uri.ts";
import type { DomainType } from "./virtualisation.ts";
import type { Virsh } from "./virsh.ts";

/** Capacity and abilities of a hypervisor. A value that is unknown is undefined. */
export interface Host {
  readonly memoryMiB?: number;
  readonly processors?: number;
  /** False when the hypervisor reports that it cannot run machines of the desired type. */
  readonly hasDomainType?: boolean;
  /** The folder of the pool that the cluster creates; undefined on another machine. */
  readonly folder?: Folder;
}

/** A folder of this machine. */
export interface Folder {
  /** Names of its entries; empty when the folder is missing or cannot be read. */
  readonly entries: readonly string[];
  readonly isDirectory: boolean;
  /** Bytes of its file system; of the nearest parent's when the folder is missing. */
  readonly capacity: number;
}

/** Requirements of a cluster that a host must meet. */
export interface HostRequirements {
  readonly domainType: DomainType;
  /** The storage pool, with its folder when the cluster creates it. */
  readonly pool: { readonly origin: "created"; readonly path: string } | { readonly origin: "existing" };
}

/** Asks a hypervisor for its capacity and abilities. A missing answer leaves the value undefined, which refuses nothing. */
export async function inspectHost(virsh: Virsh, uri: string, { domainType, pool }: HostRequirements): Promise<Host> {
  const [info, type] = await Promise.all([
    virsh("nodeinfo").catch(() => ""),
    // virsh answers with the abilities of the type. Without KVM in QEMU or on the host, it fails with these words.
    virsh("domcapabilities", "--virttype", domainType).then(
      () => true,
      (error: Error) => (/is not supported by .* on this host/.test(error.message) ? false : undefined),
    ),
  ]);
  const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? Number.NaN);
  const [memoryKiB, processors] = [number(/^Memory size:\s+(\d+) KiB$/m), number(/^CPU\(s\):\s+(\d+)$/m)];
  const folder = pool.origin === "created" && isLocal(uri) ? inspectFolder(pool.path) : undefined;
  return {
    ...(memoryKiB > 0 ? { memoryMiB: Math.floor(memoryKiB / 1024) } : {}),
    ...(processors > 0 ? { processors } : {}),
    ...(type === undefined ? {} : { hasDomainType: type }),
    ...(folder === undefined ? {} : { folder }),
  };
}

/** Inspects a folder, which may be missing. Returns undefined when it cannot be inspected. */
export function inspectFolder(path: string): Folder | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    const isDirectory = found === undefined || found.isDirectory();
    return { entries: found?.isDirectory() ? entriesOf(path) : [], isDirectory, capacity: capacityAt(path) };
  } catch {
    return undefined;
  }
}

/** Returns no names when the folder cannot be read, because most users may not read the folders of libvirt. */
function entriesOf(path: string): readonly string[] {
  try {
    // mke2fs creates this entry in every new file system.
    return readdirSync(path).filter((name) => name !== "lost+found");
  } catch {
    return [];
  }
}

function capacityAt(path: string): number {
  try {
    const { blocks, bsize } = statfsSync(path);
    return blocks * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || path === "/") throw error;
    return capacityAt(dirname(path));
  }
}
