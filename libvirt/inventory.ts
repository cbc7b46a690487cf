import pMap from "p-map";
import { readNetwork, readPool, type NetworkDefinition, type PoolDefinition } from "./definitions.ts";
import { lines, type Virsh } from "./virsh.ts";

/** A network libvirt knows. */
export interface ExistingNetwork extends NetworkDefinition {
  readonly name: string;
  readonly isActive: boolean;
}

/** A storage pool libvirt knows. */
export interface ExistingPool extends PoolDefinition {
  readonly name: string;
  readonly isActive: boolean;
}

/** Objects of a hypervisor, both active and inactive. */
export interface Inventory {
  readonly domains: readonly string[];
  readonly networks: readonly ExistingNetwork[];
  readonly pools: readonly ExistingPool[];
  /** Names of the volumes in the given pool; empty when the pool is missing or inactive. */
  readonly volumes: readonly string[];
}

/** Five calls of virsh at a time, because each is a login over ssh, and sshd refuses more than ten at once. */
const concurrency = 5;

/**
 * Lists the objects of a hypervisor. An active pool without its folder becomes inactive by that: its storage is not mounted.
 * @param pool Pool whose volumes are listed, and whose capacity is read again.
 * @throws when virsh fails.
 */
export async function takeInventory(virsh: Virsh, pool: string): Promise<Inventory> {
  const list = async (...args: readonly string[]) => lines(await virsh(...args, "--name"));
  // libvirt keeps what it saw of a pool last: a full disk stays full although it has become larger, and a missing one stays. It
  // refuses while another run uploads into the pool. What it saw last then serves as well.
  if ((await list("pool-list")).includes(pool)) await virsh("pool-refresh", pool).catch(() => undefined);
  const [domains, networks, activeNetworks, pools, activePools] = await Promise.all([
    list("list", "--all"),
    list("net-list", "--all"),
    list("net-list"),
    list("pool-list", "--all"),
    list("pool-list"),
  ]);
  const described = <Definition>(
    names: readonly string[],
    active: readonly string[],
    command: string,
    read: (xml: string) => Definition,
  ) =>
    pMap(names, async (name) => ({ name, isActive: active.includes(name), ...read(await virsh(command, name)) }), {
      concurrency,
    });
  return {
    domains,
    networks: await described(networks, activeNetworks, "net-dumpxml", readNetwork),
    pools: await described(pools, activePools, "pool-dumpxml", readPool),
    volumes: activePools.includes(pool) ? await namesIn(virsh, pool) : [],
  };
}

/**
 * Returns the names of the volumes in a pool; none when the pool is missing or inactive.
 * @param options `refresh`: whether libvirt reads the pool's folder first. It does not notice files of other programs otherwise.
 * @throws when virsh fails.
 */
export async function volumesOf(virsh: Virsh, pool: string, { refresh = false } = {}): Promise<readonly string[]> {
  const running = lines(await virsh("pool-list", "--name"));
  if (!running.includes(pool)) return [];
  if (refresh) await virsh("pool-refresh", pool);
  return namesIn(virsh, pool);
}

/** A domain by its UUID and name. */
export interface ListedDomain {
  readonly uuid: string;
  readonly name: string;
}

/**
 * Lists domains.
 * @param options Options of `virsh list` that select the domains.
 * @throws when virsh fails.
 */
export async function listDomains(virsh: Virsh, ...options: readonly string[]): Promise<readonly ListedDomain[]> {
  return lines(await virsh("list", ...options, "--uuid", "--name")).map((line) => {
    const [, uuid = "", name = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { uuid, name };
  });
}

/** In each line of the list, the name has no spaces, but the path after it may. */
async function namesIn(virsh: Virsh, pool: string): Promise<readonly string[]> {
  return lines(await virsh("vol-list", "--pool", pool)).map((line) => line.split(/\s+/)[0] ?? "");
}
