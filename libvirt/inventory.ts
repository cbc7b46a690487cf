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

/** What libvirt has, running or not. */
export interface Inventory {
  readonly domains: readonly string[];
  readonly networks: readonly ExistingNetwork[];
  readonly pools: readonly ExistingPool[];
  /** Names of the volumes in the pool that was asked for; empty when there is no such pool. */
  readonly volumes: readonly string[];
}

/** Five calls of virsh at a time, because each is a login over ssh, and sshd refuses more than ten at once. */
const concurrency = 5;

/** Lists what libvirt has. @throws when virsh cannot be asked. */
export async function takeInventory(virsh: Virsh, pool: string): Promise<Inventory> {
  const list = async (...args: readonly string[]) => lines(await virsh(...args, "--name"));
  const [domains, networks, activeNetworks, pools, activePools] = await Promise.all([
    list("list", "--all"),
    list("net-list", "--all"),
    list("net-list"),
    list("pool-list", "--all"),
    list("pool-list"),
  ]);
  return {
    domains,
    networks: await pMap(
      networks,
      async (name) => ({
        name,
        isActive: activeNetworks.includes(name),
        ...readNetwork(await virsh("net-dumpxml", name)),
      }),
      { concurrency },
    ),
    pools: await pMap(
      pools,
      async (name) => ({
        name,
        isActive: activePools.includes(name),
        ...readPool(await virsh("pool-dumpxml", name)),
      }),
      { concurrency },
    ),
    volumes: activePools.includes(pool) ? await namesIn(virsh, pool) : [],
  };
}

/**
 * Names of the volumes in a pool; a pool that is not active, or not there, lists nothing.
 * @param lookAnew Whether libvirt looks into the pool first: of files that somebody put there it does not hear by itself.
 * @throws when virsh cannot be asked.
 */
export async function volumesOf(virsh: Virsh, pool: string, { lookAnew = false } = {}): Promise<readonly string[]> {
  const running = lines(await virsh("pool-list", "--name"));
  if (!running.includes(pool)) return [];
  if (lookAnew) await virsh("pool-refresh", pool);
  return namesIn(virsh, pool);
}

/** Names have no spaces here; the path behind them may. */
async function namesIn(virsh: Virsh, pool: string): Promise<readonly string[]> {
  return lines(await virsh("vol-list", "--pool", pool)).map((line) => line.split(/\s+/)[0] ?? "");
}
