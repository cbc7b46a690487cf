import { subnetAround, type Subnet } from "../config/cidr.ts";
import { lines, type Virsh } from "./virsh.ts";

/** A network libvirt knows, running or not. */
export interface ExistingNetwork {
  readonly name: string;
  /** Its IPv4 subnets. */
  readonly subnets: readonly Subnet[];
}

/** What libvirt has, running or not. */
export interface Inventory {
  readonly domains: readonly string[];
  readonly networks: readonly ExistingNetwork[];
  readonly pools: readonly string[];
  /** Names of the volumes in the pool that was asked for; empty when there is no such pool. */
  readonly volumes: readonly string[];
}

/** Definitions asked for at a time: over ssh each is a login, and sshd turns away more than ten at once. */
const atATime = 5;

/** Lists what libvirt has. @throws when virsh cannot be asked. */
export async function takeInventory(virsh: Virsh, pool: string): Promise<Inventory> {
  const [domains = [], networks = [], pools = []] = await Promise.all(
    ["list", "net-list", "pool-list"].map(async (list) => lines(await virsh(list, "--all", "--name"))),
  );
  const volumes = pools.includes(pool) ? volumesOf(virsh, pool) : Promise.resolve([]);
  const [definitions, names] = await Promise.all([networksOf(virsh, networks), volumes]);
  return { domains, networks: definitions, pools, volumes: names };
}

async function networksOf(virsh: Virsh, names: readonly string[]): Promise<readonly ExistingNetwork[]> {
  const found: ExistingNetwork[] = [];
  for (let from = 0; from < names.length; from += atATime) {
    const some = names.slice(from, from + atATime);
    found.push(
      ...(await Promise.all(
        some.map(async (name) => ({ name, subnets: subnetsIn(await virsh("net-dumpxml", name)) })),
      )),
    );
  }
  return found;
}

/** The IPv4 subnets of a network's definition; an address comes with a netmask or with a prefix. */
export function subnetsIn(definition: string): Subnet[] {
  return [...definition.matchAll(/<ip\s([^>]*)>/g)].flatMap(([, attributes = ""]) => {
    const value = (name: string) => new RegExp(`\\b${name}=['"]([^'"]*)['"]`).exec(attributes)?.[1];
    const subnet = subnetAround(value("address") ?? "", value("netmask") ?? value("prefix") ?? "");
    return subnet ? [subnet] : [];
  });
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
  // Names have no spaces here; the path behind them may.
  return lines(await virsh("vol-list", "--pool", pool)).map((line) => line.split(/\s+/)[0] ?? "");
}
