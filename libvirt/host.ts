import { readdirSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isLocal } from "./uri.ts";
import type { Virsh } from "./virsh.ts";

/** What a hypervisor offers, as far as it can be told. */
export interface Host {
  readonly memoryMiB?: number;
  readonly processors?: number;
  /** False where the hypervisor says that it cannot run machines of the wanted type. */
  readonly hasDomainType?: boolean;
  /** The folder of the pool that is made; undefined where it lies on another machine. */
  readonly folder?: Folder;
}

/** A folder of this machine. */
export interface Folder {
  /** Names of what is in it; empty where it does not exist or cannot be read. */
  readonly entries: readonly string[];
  readonly isDirectory: boolean;
  /** Bytes of the file system that it is on, or will be. */
  readonly capacity: number;
}

/** What a cluster needs of a host. */
export interface HostQuestion {
  readonly domainType: "kvm" | "qemu";
  /** The storage pool, with its folder where the cluster creates it. */
  readonly pool: { readonly origin: "created"; readonly path: string } | { readonly origin: "existing" };
}

/** Asks a hypervisor what it offers. What it does not tell is left out: then nothing is refused for it. */
export async function lookAtHost(virsh: Virsh, uri: string, { domainType, pool }: HostQuestion): Promise<Host> {
  const [info, type] = await Promise.all([
    virsh("nodeinfo").catch(() => ""),
    // An answer is what the type offers; QEMU without KVM, or a host without it, is an error of these words.
    virsh("domcapabilities", "--virttype", domainType).then(
      () => true,
      (error: Error) => (/is not supported by .* on this host/.test(error.message) ? false : undefined),
    ),
  ]);
  const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? Number.NaN);
  const [memoryKiB, processors] = [number(/^Memory size:\s+(\d+) KiB$/m), number(/^CPU\(s\):\s+(\d+)$/m)];
  const folder = pool.origin === "created" && isLocal(uri) ? lookAtFolder(pool.path) : undefined;
  return {
    ...(memoryKiB > 0 ? { memoryMiB: Math.floor(memoryKiB / 1024) } : {}),
    ...(processors > 0 ? { processors } : {}),
    ...(type === undefined ? {} : { hasDomainType: type }),
    ...(folder === undefined ? {} : { folder }),
  };
}

/** Looks at a folder, which may not exist yet: it will be on the file system of its nearest parent. */
export function lookAtFolder(path: string): Folder | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    const isDirectory = found === undefined || found.isDirectory();
    return { entries: found?.isDirectory() ? entriesOf(path) : [], isDirectory, capacity: capacityAt(path) };
  } catch {
    return undefined;
  }
}

/** The folders of libvirt are closed to most users. */
function entriesOf(path: string): readonly string[] {
  try {
    // What mke2fs puts into a file system of its own.
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
