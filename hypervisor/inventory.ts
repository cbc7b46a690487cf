import { subnetAround, type Subnet } from "../config/cidr.ts";
import { lines, type Virsh } from "./virsh.ts";
import { attributeOf, elementsOf, parseDefinition } from "./xml.ts";

/** A range of addresses that libvirt's DHCP server leases. */
export interface LeaseRange {
  readonly start: string;
  readonly end: string;
}

/** An IPv4 address of the hypervisor in one of its networks. */
export interface NetworkAddress {
  /** The hypervisor's own address: gateway and name server of the network. */
  readonly address: string;
  readonly subnet: Subnet;
  readonly ranges: readonly LeaseRange[];
}

/** A network libvirt knows. */
export interface ExistingNetwork {
  readonly name: string;
  readonly active: boolean;
  /** Its IPv4 addresses; none on a bridge that libvirt only joins. */
  readonly addresses: readonly NetworkAddress[];
}

/** A storage pool libvirt knows. */
export interface ExistingPool {
  readonly name: string;
  readonly active: boolean;
  /** Such as `dir`; undefined of a pool that was not looked into. */
  readonly type?: string;
  /** Bytes; undefined of a pool that was not looked into, or is not active. */
  readonly capacity?: number;
}

/** What libvirt has, running or not. */
export interface Inventory {
  readonly domains: readonly string[];
  readonly networks: readonly ExistingNetwork[];
  /** Type and capacity are those of the pool that was asked for. */
  readonly pools: readonly ExistingPool[];
  /** Names of the volumes in the pool that was asked for; empty when there is no such pool. */
  readonly volumes: readonly string[];
  /** Memory of the hypervisor in MiB; undefined where libvirt does not tell. */
  readonly memoryMiB?: number;
}

/** Definitions asked for at a time: over ssh each is a login, and sshd turns away more than ten at once. */
const atATime = 5;

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
  const [definitions, volumes, details, memoryMiB] = await Promise.all([
    networksOf(virsh, networks, new Set(activeNetworks)),
    pools.includes(pool) ? volumesOf(virsh, pool) : [],
    pools.includes(pool) ? lookInto(virsh, pool, activePools.includes(pool)) : {},
    memoryOf(virsh),
  ]);
  return {
    domains,
    networks: definitions,
    pools: pools.map((name) => ({ name, active: activePools.includes(name), ...(name === pool ? details : {}) })),
    volumes,
    ...memoryMiB,
  };
}

async function networksOf(
  virsh: Virsh,
  names: readonly string[],
  active: ReadonlySet<string>,
): Promise<readonly ExistingNetwork[]> {
  const found: ExistingNetwork[] = [];
  for (let from = 0; from < names.length; from += atATime) {
    const some = names.slice(from, from + atATime);
    found.push(
      ...(await Promise.all(
        some.map(async (name) => ({
          name,
          active: active.has(name),
          addresses: addressesIn(await virsh("net-dumpxml", name)),
        })),
      )),
    );
  }
  return found;
}

/** The hypervisor's IPv4 addresses in a network's definition; an address comes with a netmask or with a prefix. */
export function addressesIn(definition: string): NetworkAddress[] {
  return elementsOf(parseDefinition(definition), "ip").flatMap((ip) => {
    const address = attributeOf(ip, "address") ?? "";
    const subnet = subnetAround(address, attributeOf(ip, "netmask") ?? attributeOf(ip, "prefix") ?? "");
    const ranges = elementsOf(ip, "range").map((range) => ({
      start: attributeOf(range, "start") ?? "",
      end: attributeOf(range, "end") ?? "",
    }));
    return subnet ? [{ address, subnet, ranges }] : [];
  });
}

/** Type and capacity of a pool; libvirt tells the capacity of an active one only. */
async function lookInto(virsh: Virsh, name: string, active: boolean): Promise<Partial<ExistingPool>> {
  const definition = parseDefinition(await virsh("pool-dumpxml", name));
  const capacity = Number(elementsOf(definition, "capacity")[0]?.textContent);
  return {
    type: attributeOf(definition, "type") ?? "",
    ...(active && capacity > 0 ? { capacity } : {}),
  };
}

async function memoryOf(virsh: Virsh): Promise<Pick<Inventory, "memoryMiB">> {
  const [, kibibytes] = /^Memory size:\s*(\d+) KiB$/m.exec(await virsh("nodeinfo")) ?? [];
  return kibibytes === undefined ? {} : { memoryMiB: Math.floor(Number(kibibytes) / 1024) };
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
