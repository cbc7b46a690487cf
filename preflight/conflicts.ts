import { overlap } from "../lib/cidr.ts";
import { resourceType, suffix } from "../names.ts";
import type { MachineSize } from "../config/nodes.ts";
import { grownGiB } from "../lifecycle/data-disk.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import type { ExistingPool, Inventory } from "../libvirt/inventory.ts";
import type { Desired, DesiredMachine } from "./desired.ts";

/** Names of the libvirt objects that a stack already manages. */
export interface Owned {
  readonly domains: ReadonlySet<string>;
  /** Sizes of its machines by the names of their domains; a size that the state lacks is undefined. */
  readonly sizes: ReadonlyMap<string, { readonly [part in keyof MachineSize | "dataDiskGiB"]?: number | undefined }>;
  readonly networks: ReadonlySet<string>;
  /** Subnets of its networks. */
  readonly subnets: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  /** Volumes in the desired pool. */
  readonly volumes: ReadonlySet<string>;
}

/** Reads the libvirt objects of a stack from its prior state. @param pool Name of the desired pool. */
export function ownedBy(prior: PriorState, pool: string): Owned {
  const { resources } = prior;
  const outputsOf = (type: string) =>
    [...resources.values()].filter((resource) => resource.type === type).map(({ outputs }) => outputs);
  const names = (type: string) => new Set(outputsOf(type).map(({ name }) => String(name)));
  const volumes = outputsOf(resourceType.volume).filter((outputs) => outputs.pool === pool);
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const disks = new Map(
    [...resources.values()].filter(({ type }) => type === resourceType.volume).map((r) => [r.name, r.outputs]),
  );
  const gibibytes = (disk: string) => {
    const bytes = number(disks.get(disk)?.size);
    return bytes === undefined ? undefined : bytes / 2 ** 30;
  };
  const sizeOf = ({ name, vcpu, memory }: Readonly<Record<string, unknown>>) => ({
    vcpus: number(vcpu),
    memoryMiB: number(memory),
    diskGiB: gibibytes(`${String(name)}${suffix.root}`),
    // The volume has the size of its creation until a refresh.
    dataDiskGiB: grownGiB(prior, String(name)) ?? gibibytes(`${String(name)}${suffix.data}`),
  });
  return {
    domains: names(resourceType.domain),
    sizes: new Map(outputsOf(resourceType.domain).map((outputs) => [String(outputs.name), sizeOf(outputs)])),
    networks: names(resourceType.network),
    pools: names(resourceType.pool),
    subnets: new Set(outputsOf(resourceType.network).flatMap(({ addresses }) => (addresses ?? []) as string[])),
    volumes: new Set(volumes.map(({ name }) => String(name))),
  };
}

/** Returns whether the stack does not have a machine yet, or has it in another size. */
export function isNewOrResized(
  { domain, vcpus, memoryMiB, disksGiB: [diskGiB, dataDiskGiB = 0] }: DesiredMachine,
  { domains, sizes }: Owned,
): boolean {
  const has = sizes.get(domain) ?? {};
  const differs = (prior: number | undefined, desired: number | undefined) => prior !== undefined && prior !== desired;
  return (
    !domains.has(domain) ||
    differs(has.vcpus, vcpus) ||
    differs(has.memoryMiB, memoryMiB) ||
    differs(has.diskGiB, diskGiB) ||
    // A data disk that you grew by hand stays larger.
    dataDiskGiB > (has.dataDiskGiB ?? Infinity)
  );
}

/** Returns whether the stack already manages every desired object, so that libvirt need not be asked. */
export function isComplete({ machines, network, pool, volumes }: Desired, owned: Owned): boolean {
  return (
    network.origin === "created" &&
    pool.origin === "created" &&
    owned.networks.has(network.name) &&
    owned.subnets.has(network.subnet.cidr) &&
    owned.pools.has(pool.name) &&
    machines.every((machine) => !isNewOrResized(machine, owned)) &&
    volumes.every((name) => owned.volumes.has(name))
  );
}

/** A libvirt object that prevents the run: one that exists, is missing, or differs from the configuration. */
export interface Conflict {
  /** The problem as a clause. */
  readonly problem: string;
  /** Arguments of a virsh command that shows or fixes it; undefined when no command does. */
  readonly command?: string;
  /** Changes that help, as sentences. @default other names, existing objects, or the removal of objects */
  readonly fix?: string;
}

/** Types of pools that store qcow2 files with a path. The others store devices, or disks of a network. */
const fileTypes = ["dir", "fs", "netfs"];

/**
 * Finds:
 *
 * 1. names that this stack needs, but that libvirt uses for something else;
 * 2. existing objects that the stack refers to, but that are missing, inactive or unusable;
 * 3. networks whose subnet overlaps the cluster's own network;
 * 4. pools with the directory of the cluster's own pool.
 *
 * The provider uses an existing volume as its own without a warning. It rejects the rest after half of the cluster is created.
 */
export function findConflicts(desired: Desired, inventory: Inventory, owned: Owned): readonly Conflict[] {
  const { network, pool } = desired;
  const taken = (names: readonly string[], existing: readonly string[], own: ReadonlySet<string>) => {
    const present = new Set(existing);
    return names.filter((name) => present.has(name) && !own.has(name));
  };
  const networkNames = inventory.networks.map(({ name }) => name);
  const poolNames = inventory.pools.map(({ name }) => name);
  const domains = desired.machines.map(({ domain }) => domain);
  return [
    ...taken(domains, inventory.domains, owned.domains).map((name) => ({
      problem: `domain ${name} exists`,
      command: `desc ${name}`,
    })),
    ...(network.origin === "created"
      ? taken([network.name], networkNames, owned.networks).map((name) => ({
          problem: `network ${name} exists`,
          command: `net-dumpxml ${name}`,
        }))
      : missing("network", network.name, networkNames)),
    ...(network.origin === "created" ? overlapping(desired, inventory, owned) : []),
    ...(pool.origin === "created"
      ? taken([pool.name], poolNames, owned.pools).map((name) => ({
          problem: `storage pool ${name} exists`,
          command: `pool-dumpxml ${name}`,
        }))
      : missing("storage pool", pool.name, poolNames)),
    // `up` starts an inactive network of the stack (cli/recovery/restart.ts).
    ...(network.origin === "existing" ? inactive("network", network.name, inventory.networks) : []),
    ...(pool.origin === "created" ? inOneDirectory(desired, inventory, owned) : unusable(pool.name, inventory.pools)),
    ...taken(desired.volumes, inventory.volumes, owned.volumes).map((name) => ({
      problem: `volume ${name} exists in pool ${pool.name}`,
      command: `vol-dumpxml --pool ${pool.name} ${name}`,
    })),
  ];
}

function missing(kind: "network" | "storage pool", name: string, existing: readonly string[]): Conflict[] {
  if (existing.includes(name)) return [];
  const list = existing.length > 0 ? `libvirt has ${existing.join(", ")}` : "libvirt has none";
  return [
    {
      problem: `${kind} ${name} does not exist; ${list}`,
      command: kind === "network" ? "net-list --all" : "pool-list --all",
    },
  ];
}

/** Finds an inactive object. The provider starts machines at once, which libvirt rejects on an inactive network. */
function inactive(
  kind: "network" | "storage pool",
  name: string,
  existing: readonly { readonly name: string; readonly isActive: boolean }[],
): Conflict[] {
  if (!existing.some((other) => other.name === name && !other.isActive)) return [];
  return [
    {
      problem: `${kind} ${name} is not active`,
      command: `${kind === "network" ? "net-start" : "pool-start"} ${name}`,
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
            problem: `storage pool ${name} has type ${wrong.type}, expected ${fileTypes.join(", ")}, which store qcow2 files`,
            command: `pool-dumpxml ${name}`,
          },
        ]),
  ];
}

/** libvirt rejects two pools with the same directory. A pool of the stack is no conflict, because the new one replaces it. */
function inOneDirectory({ pool }: Desired, inventory: Inventory, owned: Owned): Conflict[] {
  if (pool.origin !== "created") return [];
  const plain = (path: string) => path.replace(/\/$/, "");
  return inventory.pools
    .filter(({ name, path }) => name !== pool.name && !owned.pools.has(name) && plain(path ?? "") === plain(pool.path))
    .map(({ name }) => ({
      problem: `storage pool ${name} already has the directory ${pool.path}`,
      command: `pool-dumpxml ${name}`,
    }));
}

/** A network of the stack is no conflict, because the new one replaces it. */
function overlapping({ network }: Desired, inventory: Inventory, owned: Owned): Conflict[] {
  return inventory.networks
    .filter(({ name }) => name !== network.name && !owned.networks.has(name))
    .flatMap(({ name, subnets }) =>
      subnets
        .filter(({ subnet }) => overlap(subnet, network.subnet))
        .map(({ subnet }) => ({
          problem: `network ${name} has ${subnet.cidr}, which overlaps networkCidr ${network.subnet.cidr}`,
          command: `net-dumpxml ${name}`,
        })),
    );
}
