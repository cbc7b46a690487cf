import { overlap } from "../lib/cidr.ts";
import { resourceType, suffix } from "../names.ts";
import type { MachineSize } from "../config/nodes.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import type { ExistingPool, Inventory } from "../libvirt/inventory.ts";
import type { Desired, DesiredMachine } from "./desired.ts";

/** What a stack already has of what it wants, by name. */
export interface Owned {
  readonly domains: ReadonlySet<string>;
  /** Of its machines, as far as the state tells, by the names of their domains. */
  readonly sizes: ReadonlyMap<string, { readonly [part in keyof MachineSize]?: number | undefined }>;
  readonly networks: ReadonlySet<string>;
  /** Of its networks. */
  readonly subnets: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  /** Of the pool that is wanted. */
  readonly volumes: ReadonlySet<string>;
}

/** The names of a stack's things in libvirt, by its state. */
export function ownedBy({ resources }: PriorState, pool: string): Owned {
  const outputsOf = (type: string) =>
    [...resources.values()].filter((resource) => resource.type === type).map(({ outputs }) => outputs);
  const names = (type: string) => new Set(outputsOf(type).map(({ name }) => String(name)));
  const volumes = outputsOf(resourceType.volume).filter((outputs) => outputs.pool === pool);
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const disks = new Map(
    [...resources.values()].filter(({ type }) => type === resourceType.volume).map((r) => [r.name, r.outputs]),
  );
  const sizeOf = ({ name, vcpu, memory }: Readonly<Record<string, unknown>>) => {
    const bytes = number(disks.get(`${String(name)}${suffix.root}`)?.size);
    return { vcpus: number(vcpu), memoryMiB: number(memory), diskGiB: bytes === undefined ? bytes : bytes / 2 ** 30 };
  };
  return {
    domains: names(resourceType.domain),
    sizes: new Map(outputsOf(resourceType.domain).map((outputs) => [String(outputs.name), sizeOf(outputs)])),
    networks: names(resourceType.network),
    pools: names(resourceType.pool),
    subnets: new Set(outputsOf(resourceType.network).flatMap(({ addresses }) => (addresses ?? []) as string[])),
    volumes: new Set(volumes.map(({ name }) => String(name))),
  };
}

/** Whether a machine is not there, or not of the size that is wanted. */
export function isFresh(
  { domain, vcpus, memoryMiB, disksGiB: [diskGiB] }: DesiredMachine,
  { domains, sizes }: Owned,
): boolean {
  const has = sizes.get(domain) ?? {};
  const differs = (there: number | undefined, wanted: number | undefined) => there !== undefined && there !== wanted;
  return (
    !domains.has(domain) ||
    differs(has.vcpus, vcpus) ||
    differs(has.memoryMiB, memoryMiB) ||
    differs(has.diskGiB, diskGiB)
  );
}

/** Whether nothing has to be looked up: all that is wanted is the stack's own already. */
export function isComplete({ machines, network, pool, volumes }: Desired, owned: Owned): boolean {
  return (
    network.origin === "created" &&
    pool.origin === "created" &&
    owned.networks.has(network.name) &&
    owned.subnets.has(network.subnet.cidr) &&
    owned.pools.has(pool.name) &&
    machines.every((machine) => !isFresh(machine, owned)) &&
    volumes.every((name) => owned.volumes.has(name))
  );
}

/** Something in libvirt that stands in the way, or is missing. */
export interface Conflict {
  /** What it is. */
  readonly what: string;
  /** Command of virsh that shows it, or sets it right; undefined where none does. */
  readonly look?: string;
}

/** Types of pools that hold qcow2 files with a path; the others hold devices, or disks of a network. */
const fileTypes = ["dir", "fs", "netfs"];

/**
 * What of the wanted is there and not the stack's, what has to be there and is not, and which network would share
 * addresses with the one that is made. The provider itself takes an existing volume for its own without a word, and
 * refuses the rest only when half of the cluster is made.
 */
export function conflictsOf(wanted: Desired, there: Inventory, owned: Owned): readonly Conflict[] {
  const { network, pool } = wanted;
  const taken = (names: readonly string[], existing: readonly string[], own: ReadonlySet<string>) => {
    const present = new Set(existing);
    return names.filter((name) => present.has(name) && !own.has(name));
  };
  const networkNames = there.networks.map(({ name }) => name);
  const poolNames = there.pools.map(({ name }) => name);
  const domains = wanted.machines.map(({ domain }) => domain);
  return [
    ...taken(domains, there.domains, owned.domains).map((name) => ({
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
      ? taken([pool.name], poolNames, owned.pools).map((name) => ({
          what: `storage pool ${name} exists`,
          look: `pool-dumpxml ${name}`,
        }))
      : missing("storage pool", pool.name, poolNames)),
    // `up` starts one of the stack's own (cli/recovery/restart.ts).
    ...(network.origin === "existing" ? inactive("network", network.name, there.networks) : []),
    ...(pool.origin === "created" ? inOneDirectory(wanted, there, owned) : unusable(pool.name, there.pools)),
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

/** What is off: the provider starts machines at once, and libvirt refuses that on a network that is not active. */
function inactive(
  kind: "network" | "storage pool",
  name: string,
  existing: readonly { readonly name: string; readonly isActive: boolean }[],
): Conflict[] {
  if (!existing.some((other) => other.name === name && !other.isActive)) return [];
  return [
    {
      what: `${kind} ${name} is to be used and is not active`,
      look: `${kind === "network" ? "net-start" : "pool-start"} ${name}`,
    },
  ];
}

function unusable(name: string, pools: readonly ExistingPool[]): Conflict[] {
  const wrong = pools.find((pool) => pool.name === name && !fileTypes.includes(pool.type));
  return [
    ...inactive("storage pool", name, pools),
    ...(wrong === undefined
      ? []
      : [
          {
            what: `storage pool ${name} is of type ${wrong.type}, and only ${fileTypes.join(", ")} hold qcow2 files`,
            look: `pool-dumpxml ${name}`,
          },
        ]),
  ];
}

/** libvirt refuses two pools of one directory. A pool of the stack that makes way for the new one is no conflict. */
function inOneDirectory({ pool }: Desired, there: Inventory, owned: Owned): Conflict[] {
  if (pool.origin !== "created") return [];
  const plain = (path: string) => path.replace(/\/$/, "");
  return there.pools
    .filter(({ name, path }) => name !== pool.name && !owned.pools.has(name) && plain(path ?? "") === plain(pool.path))
    .map(({ name }) => ({
      what: `storage pool ${name} has the directory ${pool.path} already`,
      look: `pool-dumpxml ${name}`,
    }));
}

/** A network of the stack that makes way for the new one is no conflict. */
function overlapping({ network }: Desired, there: Inventory, owned: Owned): Conflict[] {
  return there.networks
    .filter(({ name }) => name !== network.name && !owned.networks.has(name))
    .flatMap(({ name, subnets }) =>
      subnets
        .filter(({ subnet }) => overlap(subnet, network.subnet))
        .map(({ subnet }) => ({
          what: `network ${name} has ${subnet.cidr}, which overlaps networkCidr ${network.subnet.cidr}`,
          look: `net-dumpxml ${name}`,
        })),
    );
}
