import type { Virsh } from "../../libvirt/virsh.ts";

/** Resources of a hypervisor. A value that libvirt does not answer is undefined. */
export interface Capacity {
  /** Memory that no process uses, with the caches that the kernel can drop. */
  readonly freeMemoryMiB?: number;
  readonly memoryMiB?: number;
  readonly processors?: number;
  /** Virtual CPUs of all running machines, also of those outside the cluster. */
  readonly usedVcpus?: number;
  /** Space in the storage pool of the cluster. */
  readonly freeDiskGiB?: number;
}

/**
 * Asks a hypervisor for its free resources.
 * @param pool Storage pool of the cluster; undefined before it exists.
 */
export async function readCapacity(virsh: Virsh, pool: string | undefined): Promise<Capacity> {
  const ask = (...args: readonly string[]) => virsh(...args).catch(() => undefined);
  const [node, memory, machines, disk] = await Promise.all([
    ask("nodeinfo"),
    ask("nodememstats"),
    ask("domstats", "--vcpu", "--list-running"),
    pool === undefined ? undefined : poolInfo(ask, pool),
  ]);
  const mebibytes = (text: string | undefined, key: string) => scaled(numberAt(text, key), 2 ** 10);
  const free = ["free", "buffers", "cached"].map((key) => mebibytes(memory, key));
  return defined({
    freeMemoryMiB: free[0] === undefined ? undefined : free.reduce<number>((sum, part) => sum + (part ?? 0), 0),
    memoryMiB: mebibytes(node, "Memory size"),
    processors: numberAt(node, "CPU\\(s\\)"),
    usedVcpus: machines === undefined ? undefined : sumOfVcpus(machines),
    freeDiskGiB: scaled(numberAt(disk, "Available"), 2 ** 30),
  });
}

async function poolInfo(ask: (...args: readonly string[]) => Promise<string | undefined>, pool: string) {
  // libvirt measures the pool only when it reads it.
  await ask("pool-refresh", pool);
  return ask("pool-info", "--bytes", pool);
}

/** Number in the line of a key, such as `free : 1024 KiB`. */
function numberAt(text: string | undefined, key: string): number | undefined {
  const [, digits] = new RegExp(`^[ \\t]*${key}[ \\t]*:[ \\t]*(\\d+)`, "m").exec(text ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : Math.floor(value / by);
}

function sumOfVcpus(text: string): number {
  return [...text.matchAll(/^[ \t]*vcpu\.current=(\d+)$/gm)].reduce((sum, [, digits]) => sum + Number(digits), 0);
}

function defined(values: { readonly [K in keyof Capacity]: Capacity[K] | undefined }): Capacity {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
