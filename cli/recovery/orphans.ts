import { volumesOf } from "../../libvirt/inventory.ts";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import { domainMark, networkMark } from "../../topology.ts";
import { clusterIdsOf, clusterOf, hasClusterId, isKnown, wasInitialized } from "./owner.ts";
import type { StackState, StateResource } from "../stack/state.ts";
import { AnotherRunError } from "../stack/lock.ts";
import { useElsewhere } from "./volume-users.ts";

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
  /** Name of the resource in the stack. */
  readonly resource: string;
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
  /** File that a volume is a copy of. */
  readonly source?: unknown;
  /** Volume that an overlay stands on. */
  readonly baseVolumeId?: unknown;
  readonly target?: { readonly path?: unknown };
}

const domain: Kind = {
  name: "domain",
  isLeft: async ({ name }, { virsh, state }) =>
    (await has(virsh, ["list", "--all", "--name"], name)) && !isKnown(state, (await virsh("domuuid", name)).trim()),
  doubt: async ({ name, description }, { virsh, state }) => {
    const found = (await virsh("desc", name)).trim();
    const marks = clusterIdsOf(state).map((id) => `${domainMark(clusterOf(state), id)}, machine `);
    return found === description && marks.some((mark) => found.startsWith(mark))
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
    const isKnown = ({ outputs }: StateResource) => outputs?.name === name && outputs.pool === pool;
    return (await volumesOf(virsh, String(pool))).includes(name) && !ofKind(state, "Volume").some(isKnown);
  },
  doubt: async ({ name, pool, source, baseVolumeId }, { virsh, state, resource }) => {
    // Root disks have no name of the program's own: each gets a random end when it is made, and has it in its inputs.
    const isRandom = name.startsWith(resource) && /^-[0-9a-f]{7,8}$/.test(name.slice(resource.length));
    // A disk that the state forgot is taken up again by a creation (preflight/lost-data.ts), with all that is on it.
    const isData = source === undefined && baseVolumeId === undefined;
    const doubt =
      isData && wasInitialized(state)
        ? "it may hold the control plane's data, and the next `up` takes it up again"
        : isRandom || hasClusterId(state, name)
          ? await useElsewhere(state, virsh, String(pool), name)
          : "another stack with a cluster of this name may have made it";
    return doubt === undefined
      ? undefined
      : `${doubt}; if nobody needs it: virsh vol-delete --pool ${String(pool)} ${name}`;
  },
  remove: async ({ name, pool }, { virsh }) => void (await virsh("vol-delete", "--pool", String(pool), name)),
};

const network: Kind = {
  name: "network",
  isLeft: async ({ name }, { virsh, state }) =>
    (await has(virsh, ["net-list", "--all", "--name"], name)) &&
    !isKnown(state, (await virsh("net-uuid", name)).trim()),
  doubt: async ({ name }, { virsh, state }) => {
    const definition = await virsh("net-dumpxml", name);
    const marks = clusterIdsOf(state).map((id) => networkMark(clusterOf(state), id));
    const doubt = marks.some((mark) => definition.includes(mark))
      ? await linksTo(state, virsh, name, definition)
      : "it is not marked as this cluster's";
    return doubt === undefined ? undefined : `${doubt}: virsh net-dumpxml ${name}`;
  },
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
  doubt: async ({ name, target }, { virsh, state }) => {
    const path = /<path>([^<]*)<\/path>/.exec(await virsh("pool-dumpxml", name))?.[1];
    if (path === undefined || path !== target?.path) {
      return `its folder is not the one this stack gives it: virsh pool-dumpxml ${name}`;
    }
    if (!(await has(virsh, ["pool-list", "--name"], name))) {
      return `it is off, so nobody can tell what is in it; if nobody needs it: virsh pool-undefine ${name}`;
    }
    const volumes = await volumesOf(virsh, name, { lookAnew: true });
    const foreign = volumes.find((volume) => !hasClusterId(state, volume));
    return foreign === undefined ? undefined : `volume ${foreign} is in it: virsh vol-list --pool ${name}`;
  },
  // Its folder and what is in it stay.
  remove: async ({ name }, { virsh }) => {
    await virsh("pool-destroy", name);
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
 * Only what a creation was cut off for, under exactly that name, and only what is certainly this cluster's: it has the
 * cluster's random id, which no other stack with a cluster of this name has, or a random end of its own. It goes only while
 * nothing else uses it. A data disk stays once a cluster was made on it. How long ago the run was killed does not matter, because only that run's own things have the id.
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
  const found: Leftover[] = [];
  for (const [type, kind] of Object.entries(kinds)) {
    for (const resource of pendingCreates(state, type)) {
      const inputs = resource.inputs as unknown as Inputs;
      const uri = uriOf(state, resource);
      if (uri === undefined || typeof inputs.name !== "string") continue;
      const scene: Scene = { virsh: connect(uri), state, resource: resource.urn.split("::").at(-1) ?? "" };
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

/** The hypervisor a resource is or was to be made on. */
export function uriOf({ resources }: StackState, { provider }: StateResource): string | undefined {
  const urn = provider?.slice(0, provider.lastIndexOf("::"));
  const uri = resources.find((resource) => resource.urn === urn)?.inputs?.uri;
  return typeof uri === "string" ? uri : undefined;
}

function ofKind({ resources }: StackState, kind: string): StateResource[] {
  return resources.filter(({ type }) => type.startsWith("libvirt:") && type.endsWith(`:${kind}`));
}

/** What is plugged into a network; undefined when nothing is, or machines that the state has and that are off its bridge. */
async function linksTo(state: StackState, virsh: Virsh, name: string, definition: string): Promise<string | undefined> {
  // How many interfaces are on it, as libvirt counts while it runs (formatnetwork.html, "connections").
  if (/<network\b[^>]*\sconnections=/.test(definition)) return "machines are on it";
  for (const line of lines(await virsh("list", "--all", "--uuid", "--name"))) {
    const [, uuid = "", domain] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    // The cluster's own stay defined while a network that vanished is made anew for them.
    if (isKnown(state, uuid)) continue;
    const interfaces = lines(await virsh("domiflist", uuid)).map((row) => row.split(/\s{2,}/));
    if (interfaces.some(([, type, source]) => type === "network" && source === name))
      return `domain ${domain} is on it`;
  }
  return undefined;
}

async function has(virsh: Virsh, list: readonly string[], name: string): Promise<boolean> {
  return lines(await virsh(...list)).includes(name);
}
