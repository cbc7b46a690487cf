import { readPool } from "../../libvirt/definitions.ts";
import type { Virsh } from "../../libvirt/virsh.ts";
import { nameOfUrn, resourceType } from "../../names.ts";
import type { Candidate } from "./candidate.ts";
import { lists } from "./orphans.ts";
import type { Connect } from "./hypervisors.ts";
import { isInState } from "./owner.ts";
import { uriOf, type StackState, type StateResource } from "../stack/state.ts";
import { hasVolume } from "./volume-users.ts";

/** Inputs of a resource, as the program gave them and the engine completed them. */
interface Inputs {
  readonly name: string;
  readonly description?: unknown;
  readonly pool?: unknown;
  /** File that a volume is a copy of. */
  readonly source?: unknown;
  /** Volume that is the backing file of an overlay. */
  readonly baseVolumeId?: unknown;
  readonly target?: { readonly path?: unknown };
}

/** A resource whose creation was interrupted. */
interface Creation {
  readonly inputs: Inputs;
  /** Name of the resource in the stack. */
  readonly resource: string;
  readonly state: StackState;
  readonly virsh: Virsh;
}

/** Looks for the object of a creation; returns undefined when libvirt does not have it, or the state has it as well. */
type Find = (creation: Creation) => Promise<Candidate | undefined>;

const domain: Find = async ({ inputs: { name, description }, state, virsh }) => {
  if (!(await lists(virsh, ["list", "--all", "--name"], name))) return undefined;
  const uuid = (await virsh("domuuid", name)).trim();
  if (isInState(state, uuid)) return undefined;
  const found = (await virsh("desc", uuid)).trim();
  return { kind: "domain", name, virsh, uuid, description: found, recordedDescription: description };
};

const volume: Find = async ({ inputs, resource, state, virsh }) => {
  const { name, source, baseVolumeId } = inputs;
  const pool = String(inputs.pool);
  const isSame = ({ type, outputs }: StateResource) =>
    type === resourceType.volume && outputs?.name === name && outputs.pool === pool;
  if (!(await hasVolume(virsh, pool, name)) || state.resources.some(isSame)) return undefined;
  const isBlank = source === undefined && baseVolumeId === undefined;
  return { kind: "volume", name, virsh, pool, from: { resource }, isBlank };
};

const network: Find = async ({ inputs: { name }, state, virsh }) => {
  if (!(await lists(virsh, ["net-list", "--all", "--name"], name))) return undefined;
  if (isInState(state, (await virsh("net-uuid", name)).trim())) return undefined;
  return { kind: "network", name, virsh, definition: await virsh("net-dumpxml", name) };
};

const pool: Find = async ({ inputs: { name, target }, state, virsh }) => {
  if (!(await lists(virsh, ["pool-list", "--all", "--name"], name))) return undefined;
  if (isInState(state, (await virsh("pool-uuid", name)).trim())) return undefined;
  const { path } = readPool(await virsh("pool-dumpxml", name));
  return { kind: "storage pool", name, virsh, path, recordedPath: target?.path };
};

/** In the order of removal: a user of an object comes before the object. */
const finders: readonly (readonly [type: string, find: Find])[] = [
  [resourceType.domain, domain],
  [resourceType.volume, volume],
  [resourceType.network, network],
  [resourceType.pool, pool],
];

/**
 * Looks for what libvirt created in a run that was killed before the state recorded it.
 *
 * Only a recorded creation makes a candidate, and only under its own name. The state of the interrupted run is needed: a
 * refresh forgets these creations.
 * @yields nothing for what libvirt does not have or the state has.
 * @throws when virsh fails.
 */
export async function* interruptedCreations(state: StackState, connect: Connect): AsyncGenerator<Candidate> {
  for (const [type, find] of finders) {
    for (const resource of pendingCreations(state, type)) {
      const inputs = resource.inputs as unknown as Inputs;
      const uri = uriOf(state, resource);
      if (uri === undefined || typeof inputs.name !== "string") continue;
      const name = nameOfUrn(resource.urn);
      const found = await find({ inputs, resource: name, state, virsh: connect(uri) });
      if (found !== undefined) yield found;
    }
  }
}

/** Resources of a type whose creation was interrupted; one whose creation was interrupted twice is listed once. */
function pendingCreations({ pending }: StackState, type: string): StateResource[] {
  const creating = pending.filter((operation) => operation.type === "creating" && operation.resource.type === type);
  const byInputs = new Map(
    creating.map(({ resource }) => [`${resource.urn} ${JSON.stringify(resource.inputs)}`, resource]),
  );
  return [...byInputs.values()];
}
