import { overlap } from "../config/cidr.ts";
import type { Known } from "../lifecycle/known.ts";
import type { Inventory } from "./inventory.ts";
import type { Wanted } from "./wanted.ts";

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
}

/** The names of a stack's things in libvirt, by its state. */
export function ownedBy({ resources }: Known, pool: string): Owned {
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
  };
}

/** Whether nothing has to be looked up: all that is wanted is the stack's own already. */
export function isComplete({ domains, network, pool, volumes }: Wanted, owned: Owned): boolean {
  return (
    network.origin === "created" &&
    pool.origin === "created" &&
    owned.networks.has(network.name) &&
    owned.subnets.has(network.subnet.cidr) &&
    owned.pools.has(pool.name) &&
    domains.every((name) => owned.domains.has(name)) &&
    volumes.every((name) => owned.volumes.has(name))
  );
}

/** Something in libvirt that stands in the way, or is missing. */
export interface Conflict {
  /** What it is. */
  readonly what: string;
  /** Command of virsh that shows it. */
  readonly look: string;
}

/**
 * What of the wanted is there and not the stack's, what has to be there and is not, and which network would share
 * addresses with the one that is made. The provider itself takes an existing volume for its own without a word, and
 * refuses the rest only when half of the cluster is made.
 */
export function conflictsOf(wanted: Wanted, there: Inventory, owned: Owned): readonly Conflict[] {
  const { network, pool } = wanted;
  const taken = (names: readonly string[], existing: readonly string[], own: ReadonlySet<string>) =>
    names.filter((name) => existing.includes(name) && !own.has(name));
  const networkNames = there.networks.map(({ name }) => name);
  return [
    ...taken(wanted.domains, there.domains, owned.domains).map((name) => ({
      what: `domain ${name} exists`,
      look: `desc ${name}`,
    })),
    ...(network.origin === "created"
      ? taken([network.name], networkNames, owned.networks).map((name) => ({
          what: `network ${name} exists`,
          look: `net-dumpxml ${name}`,
        }))
      : missing("network", network.name, networkNames)),
    ...(network.origin === "created" ? overlapping(wanted, there, owned) : []),
    ...(pool.origin === "created"
      ? taken([pool.name], there.pools, owned.pools).map((name) => ({
          what: `storage pool ${name} exists`,
          look: `pool-dumpxml ${name}`,
        }))
      : missing("storage pool", pool.name, there.pools)),
    ...taken(wanted.volumes, there.volumes, owned.volumes).map((name) => ({
      what: `volume ${name} exists in pool ${pool.name}`,
      look: `vol-dumpxml --pool ${pool.name} ${name}`,
    })),
  ];
}

function missing(kind: "network" | "storage pool", name: string, existing: readonly string[]): Conflict[] {
  if (existing.includes(name)) return [];
  const list =
    existing.length > 0 ? `there ${existing.length > 1 ? "are" : "is"} ${existing.join(", ")}` : "there is none";
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
    .flatMap(({ name, subnets }) =>
      subnets
        .filter((subnet) => overlap(subnet, network.subnet))
        .map((subnet) => ({
          what: `network ${name} has ${subnet.cidr}, which overlaps networkCidr ${network.subnet.cidr}`,
          look: `net-dumpxml ${name}`,
        })),
    );
}
