import { lines, type Virsh } from "../hypervisor/virsh.ts";
import { domainMark, networkMark } from "../topology.ts";
import type { StackState, StateResource } from "./stack-state.ts";
import { AnotherRunError } from "./state-lock.ts";

/** What became of something that an earlier run left. */
export interface Leftover {
  /** Kind and name. */
  readonly what: string;
  /** Why it was left alone; undefined when it was removed. */
  readonly left?: string;
}

/** What is needed to judge a leftover, and to remove it. */
interface Scene {
  readonly virsh: Virsh;
  readonly state: StackState;
  readonly cluster: string;
}

/** Something of one kind: whether it is there, why it may not be ours, and how it goes. */
interface Kind {
  readonly name: string;
  /** Whether libvirt has it and the state has not. */
  readonly isLeft: (inputs: Inputs, scene: Scene) => Promise<boolean>;
  /** Why it may be somebody else's; undefined when it is certainly ours. */
  readonly doubt: (inputs: Inputs, scene: Scene) => Promise<string | undefined>;
  readonly remove: (inputs: Inputs, scene: Scene) => Promise<void>;
}

/** The inputs of a resource, as the program gave them and the engine completed them. */
interface Inputs {
  readonly name: string;
  readonly description?: unknown;
  readonly pool?: unknown;
  readonly target?: { readonly path?: unknown };
}

const domain: Kind = {
  name: "domain",
  isLeft: async ({ name }, { virsh, state }) =>
    (await has(virsh, ["list", "--all", "--name"], name)) && !isKnown(state, (await virsh("domuuid", name)).trim()),
  doubt: async ({ name, description }, { virsh, cluster }) => {
    const found = (await virsh("desc", name)).trim();
    // The whole of it, with the cluster's random id: another stack may have a cluster of the same name.
    return found === description && found.startsWith(domainMark(cluster, ""))
      ? undefined
      : `its description is not the one this stack gives it: virsh desc ${name}`;
  },
  remove: async ({ name }, { virsh }) => {
    if (await has(virsh, ["list", "--name"], name)) await virsh("destroy", name);
    await undefineDomain(virsh, name);
  },
};

const volume: Kind = {
  name: "volume",
  isLeft: async ({ name, pool }, { virsh, state }) => {
    if (!(await has(virsh, ["pool-list", "--name"], String(pool)))) return false;
    const names = lines(await virsh("vol-list", "--pool", String(pool))).map((line) => line.split(/\s+/)[0]);
    const isKnown = ({ outputs }: StateResource) => outputs?.name === name && outputs.pool === pool;
    return names.includes(name) && !ofKind(state, "Volume").some(isKnown);
  },
  doubt: ({ name, pool }, { state, cluster }) => {
    const isOwnPool = ofKind(state, "Pool").some(({ outputs }) => outputs?.name === pool);
    // A random end, or the digest of the content.
    const isMarked = name.startsWith(`${cluster}-`) && /-[0-9a-f]{7,12}(\.(qcow2|iso))?$/.test(name);
    const doubt = `neither its pool nor its name is this cluster's own: virsh vol-dumpxml --pool ${String(pool)} ${name}`;
    return Promise.resolve(isOwnPool || isMarked ? undefined : doubt);
  },
  remove: async ({ name, pool }, { virsh }) => void (await virsh("vol-delete", "--pool", String(pool), name)),
};

const network: Kind = {
  name: "network",
  isLeft: async ({ name }, { virsh, state }) =>
    (await has(virsh, ["net-list", "--all", "--name"], name)) &&
    !isKnown(state, (await virsh("net-uuid", name)).trim()),
  doubt: async ({ name }, { virsh, cluster }) =>
    (await virsh("net-dumpxml", name)).includes(networkMark(cluster))
      ? undefined
      : `it is not marked as this cluster's: virsh net-dumpxml ${name}`,
  remove: async ({ name }, { virsh }) => {
    if (await has(virsh, ["net-list", "--name"], name)) await virsh("net-destroy", name);
    await virsh("net-undefine", name);
  },
};

const pool: Kind = {
  name: "storage pool",
  isLeft: async ({ name }, { virsh, state }) =>
    (await has(virsh, ["pool-list", "--all", "--name"], name)) &&
    !isKnown(state, (await virsh("pool-uuid", name)).trim()),
  doubt: async ({ name, target }, { virsh }) => {
    const path = /<path>([^<]*)<\/path>/.exec(await virsh("pool-dumpxml", name))?.[1];
    return path !== undefined && path === target?.path
      ? undefined
      : `its folder is not the one this stack gives it: virsh pool-dumpxml ${name}`;
  },
  // Its folder and what is in it stay.
  remove: async ({ name }, { virsh }) => {
    if (await has(virsh, ["pool-list", "--name"], name)) await virsh("pool-destroy", name);
    await virsh("pool-undefine", name);
  },
};

/** In the order in which they can go: what uses something before what is used. */
const kinds: Readonly<Record<string, Kind>> = {
  "libvirt:index/domain:Domain": domain,
  "libvirt:index/volume:Volume": volume,
  "libvirt:index/network:Network": network,
  "libvirt:index/pool:Pool": pool,
};

/**
 * Removes what libvirt made in a run that was killed before the state knew of it.
 *
 * Only what a creation was cut off for, under exactly that name, and only what is certainly this cluster's.
 * @param connect virsh for a hypervisor's URI.
 * @param isAlone Asked before each removal: whether still nobody else works on the stack.
 * @returns what was removed, and what was left; nothing for what is not there or is in the state.
 * @throws when virsh cannot be asked; an {@link AnotherRunError} when somebody else began to work on the stack.
 */
export async function removeLeftovers(
  state: StackState,
  connect: (uri: string) => Virsh,
  isAlone: () => Promise<boolean>,
): Promise<readonly Leftover[]> {
  const cluster = clusterOf(state);
  const found: Leftover[] = [];
  for (const [type, kind] of Object.entries(kinds)) {
    for (const resource of pendingCreates(state, type)) {
      const inputs = resource.inputs as unknown as Inputs;
      const uri = uriOf(state, resource);
      if (uri === undefined || typeof inputs.name !== "string") continue;
      const scene: Scene = { virsh: connect(uri), state, cluster };
      if (!(await kind.isLeft(inputs, scene))) continue;
      const what = `${kind.name} ${inputs.name}`;
      const left = await kind.doubt(inputs, scene);
      if (left !== undefined) {
        found.push({ what, left });
        continue;
      }
      if (!(await isAlone())) throw new AnotherRunError();
      await kind.remove(inputs, scene);
      found.push({ what });
    }
  }
  return found;
}

/** The resources of a type whose creation was cut off; one that was twice, once. */
function pendingCreates({ pending }: StackState, type: string): StateResource[] {
  const creating = pending.filter((operation) => operation.type === "creating" && operation.resource.type === type);
  const byInputs = new Map(
    creating.map(({ resource }) => [`${resource.urn} ${JSON.stringify(resource.inputs)}`, resource]),
  );
  return [...byInputs.values()];
}

/** Makes libvirt forget a domain that is off. Its disks stay. @param domain Name or UUID. */
export async function undefineDomain(virsh: Virsh, domain: string): Promise<void> {
  // What the provider asks for, too; without them libvirt keeps a domain that has any of it.
  await virsh("undefine", domain, "--managed-save", "--nvram", "--snapshots-metadata", "--checkpoints-metadata");
}

/** Name of the stack's cluster; "" before its first `up`. */
export function clusterOf({ resources }: StackState): string {
  const cluster = resources.find(({ type }) => type === "nodeforge:index:Cluster");
  return cluster?.urn.split("::").at(-1) ?? "";
}

/** The hypervisor a resource is or was to be made on. */
export function uriOf({ resources }: StackState, { provider }: StateResource): string | undefined {
  const urn = provider?.slice(0, provider.lastIndexOf("::"));
  const uri = resources.find((resource) => resource.urn === urn)?.inputs?.uri;
  return typeof uri === "string" ? uri : undefined;
}

function ofKind({ resources }: StackState, kind: string): StateResource[] {
  return resources.filter(({ type }) => type.startsWith("libvirt:") && type.endsWith(`:${kind}`));
}

/** Whether the state has something of this id. */
export function isKnown({ resources }: StackState, id: string): boolean {
  return resources.some((resource) => resource.id === id);
}

async function has(virsh: Virsh, list: readonly string[], name: string): Promise<boolean> {
  return lines(await virsh(...list)).includes(name);
}
