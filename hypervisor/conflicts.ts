import { overlap } from "../config/cidr.ts";
import type { Known } from "../lifecycle/known.ts";
import type { Inventory } from "./inventory.ts";
import { misfitsOf } from "./network-fit.ts";
import type { Wanted, WantedMachine } from "./wanted.ts";

/** Kinds of things in libvirt that have names, and the types of resources that stand for them. */
const types = {
  domain: "libvirt:index/domain:Domain",
  network: "libvirt:index/network:Network",
  pool: "libvirt:index/pool:Pool",
  volume: "libvirt:index/volume:Volume",
} as const;

/** What a stack already has of what it wants, by name. */
export interface Owned {
  readonly domains: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  /** Of its networks. */
  readonly subnets: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  /** Of the pool that is wanted. */
  readonly volumes: ReadonlySet<string>;
  /** Memory in MiB of its machines, by domain. */
  readonly memoryMiB: ReadonlyMap<string, number>;
  /** Bytes of its machines' root disks, by domain. */
  readonly rootBytes: ReadonlyMap<string, number>;
}

/** The names of a stack's things in libvirt, by its state. */
export function ownedBy(known: Known, pool: string): Owned {
  const { resources } = known;
  const outputsOf = (type: string) =>
    [...resources.values()].filter((resource) => resource.type === type).map(({ outputs }) => outputs);
  const names = (type: string) => new Set(outputsOf(type).map(({ name }) => String(name)));
  const volumes = outputsOf(types.volume).filter((outputs) => outputs.pool === pool);
  return {
    domains: names(types.domain),
    networks: names(types.network),
    pools: names(types.pool),
    subnets: new Set(outputsOf(types.network).flatMap(({ addresses }) => (addresses ?? []) as string[])),
    volumes: new Set(volumes.map(({ name }) => String(name))),
    memoryMiB: new Map(outputsOf(types.domain).map(({ name, memory }) => [String(name), Number(memory)])),
    rootBytes: new Map(
      [...resources.values()]
        .filter(({ type, name }) => type === types.volume && name.endsWith("-root"))
        .map(({ name, outputs }) => [name.slice(0, -"-root".length), Number(outputs.size)]),
    ),
  };
}

/** Whether nothing has to be looked up: all that is wanted is the stack's own already, at its size. */
export function isComplete({ machines, network, pool, volumes }: Wanted, owned: Owned): boolean {
  return (
    network.origin === "created" &&
    pool.origin === "created" &&
    owned.networks.has(network.name) &&
    owned.subnets.has(network.subnet.cidr) &&
    owned.pools.has(pool.name) &&
    machines.every((machine) => owned.domains.has(machine.name) && isOfSize(machine, owned)) &&
    volumes.every((name) => owned.volumes.has(name))
  );
}

function isOfSize({ name, memoryMiB, diskGiB }: WantedMachine, owned: Owned): boolean {
  return owned.memoryMiB.get(name) === memoryMiB && owned.rootBytes.get(name) === diskGiB * 2 ** 30;
}

/** Something in libvirt that stands in the way, or is missing. */
export interface Conflict {
  /** What it is. */
  readonly what: string;
  /** Command of virsh that shows it. */
  readonly look: string;
}

/**
 * Finds what keeps a cluster from being made: names that libvirt has for something else, networks and pools that are
 * missing, not active or unlike what the stack says of them, subnets that overlap, and machines that the host cannot hold.
 * The provider takes an existing volume for its own without a word, and refuses the rest only when half of the cluster is
 * made.
 */
export function conflictsOf(wanted: Wanted, there: Inventory, owned: Owned): readonly Conflict[] {
  const { network, pool, machines } = wanted;
  const taken = (names: readonly string[], existing: readonly string[], own: ReadonlySet<string>) => {
    const present = new Set(existing);
    return names.filter((name) => present.has(name) && !own.has(name));
  };
  const named = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name);
  return [
    ...taken(named(machines), there.domains, owned.domains).map((name) => ({
      what: `domain ${name} exists`,
      look: `desc ${name}`,
    })),
    ...(network.origin === "created"
      ? [
          ...taken([network.name], named(there.networks), owned.networks).map((name) => ({
            what: `network ${name} exists`,
            look: `net-dumpxml ${name}`,
          })),
          ...overlapping(wanted, there, owned),
        ]
      : conflictsOfNetwork(wanted, there)),
    ...(pool.origin === "created"
      ? taken([pool.name], named(there.pools), owned.pools).map((name) => ({
          what: `storage pool ${name} exists`,
          look: `pool-dumpxml ${name}`,
        }))
      : conflictsOfPool(wanted, there)),
    ...taken(wanted.volumes, there.volumes, owned.volumes).map((name) => ({
      what: `volume ${name} exists in pool ${pool.name}`,
      look: `vol-dumpxml --pool ${pool.name} ${name}`,
    })),
    ...tooLarge(wanted, there),
  ];
}

function conflictsOfNetwork(wanted: Wanted, there: Inventory): readonly Conflict[] {
  const { name } = wanted.network;
  const found = there.networks.find((network) => network.name === name);
  if (found === undefined) return missing("network", name, there.networks);
  if (!found.active) return [{ what: `network ${name} is to be used and is not active`, look: `net-start ${name}` }];
  return misfitsOf(wanted, found);
}

/** Pools whose volumes are files, which is what overlays, seed disks and their access rules are made for. */
const filePools = ["dir", "fs", "netfs"];

function conflictsOfPool({ pool: { name } }: Wanted, there: Inventory): readonly Conflict[] {
  const found = there.pools.find((pool) => pool.name === name);
  if (found === undefined) return missing("storage pool", name, there.pools);
  if (!found.active)
    return [{ what: `storage pool ${name} is to be used and is not active`, look: `pool-start ${name}` }];
  if (found.type !== undefined && !filePools.includes(found.type)) {
    const what = `storage pool ${name} is of type ${found.type}, and nodes need one of ${filePools.join(", ")}`;
    return [{ what, look: `pool-dumpxml ${name}` }];
  }
  return [];
}

/** Machines that can never run on this host: with more memory than it has, or a disk larger than the whole pool. */
function tooLarge({ machines, pool, dataDiskGiB }: Wanted, there: Inventory): readonly Conflict[] {
  const { memoryMiB = Number.POSITIVE_INFINITY } = there;
  const { capacity = Number.POSITIVE_INFINITY } = there.pools.find(({ name }) => name === pool.name) ?? {};
  const capacityGiB = Math.floor(capacity / 2 ** 30);
  const look = { memory: "nodeinfo", disk: `pool-info ${pool.name}` };
  return [
    ...machines
      .filter((machine) => machine.memoryMiB > memoryMiB)
      .map((machine) => ({
        what: `${machine.name} wants ${machine.memoryMiB} MiB of memory, and the hypervisor has ${memoryMiB} MiB`,
        look: look.memory,
      })),
    ...[...machines, { name: "the control plane's data", diskGiB: dataDiskGiB }]
      .filter(({ diskGiB }) => diskGiB > capacityGiB)
      .map(({ name, diskGiB }) => ({
        what: `${name} wants a disk of ${diskGiB} GiB, and storage pool ${pool.name} has ${capacityGiB} GiB in all`,
        look: look.disk,
      })),
  ];
}

function missing(
  kind: "network" | "storage pool",
  name: string,
  existing: readonly { readonly name: string }[],
): Conflict[] {
  const list =
    existing.length > 0
      ? `there ${existing.length > 1 ? "are" : "is"} ${existing.map((thing) => thing.name).join(", ")}`
      : "there is none";
  return [
    {
      what: `${kind} ${name} is to be used and does not exist; ${list}`,
      look: kind === "network" ? "net-list --all" : "pool-list --all",
    },
  ];
}

/** A network of the stack that makes way for the new one is no conflict. */
function overlapping({ network }: Wanted, there: Inventory, owned: Owned): Conflict[] {
  return there.networks
    .filter(({ name }) => name !== network.name && !owned.networks.has(name))
    .flatMap(({ name, addresses }) =>
      addresses
        .filter(({ subnet }) => overlap(subnet, network.subnet))
        .map(({ subnet }) => ({
          what: `network ${name} has ${subnet.cidr}, which overlaps networkCidr ${network.subnet.cidr}`,
          look: `net-dumpxml ${name}`,
        })),
    );
}
