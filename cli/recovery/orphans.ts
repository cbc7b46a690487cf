import { readNetwork } from "../../libvirt/definitions.ts";
import { listDomains, volumesOf, type ListedDomain } from "../../libvirt/inventory.ts";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import type { Candidate, DomainCandidate, NetworkCandidate, PoolCandidate, VolumeCandidate } from "./candidate.ts";
import { hasClusterId, hasDomainMark, hasNetworkMark, isInState, wasInitialized } from "./owner.ts";
import type { StackState } from "../stack/state.ts";
import { AnotherRunError } from "../stack/lock.ts";
import { rootDisksOf } from "./root-disks.ts";
import { useElsewhere } from "./volume-users.ts";

/** A libvirt object that an earlier run created and did not finish or record, and what became of it. */
export interface Orphan {
  /** Kind and name. */
  readonly what: string;
  /** Why it was kept; undefined when it was removed. */
  readonly kept?: string;
  /** Why it was removed; undefined where its source has the reason. */
  readonly why?: string;
}

/** Lists domains that are shut off and have no memory saved on disk. @throws when virsh fails. */
export async function shutOffDomains(virsh: Virsh): Promise<readonly ListedDomain[]> {
  return listDomains(virsh, "--inactive", "--without-managed-save");
}

/**
 * Removes the candidates that certainly belong to the stack's cluster and that nothing else uses.
 *
 * The cluster's random id proves the ownership, because another cluster of the same name has another id. Marks
 * of domains and networks have the id, and so do names of volumes. The names of a pool's volumes prove the pool's owner.
 * A domain's root disk is removed as well if no step has run on the machine.
 * @param candidates A source may look for the next one only after the previous one was removed.
 * @param isAlone Asked before each removal: whether no other run works on the stack. Undefined where it cannot be known.
 * @yields each candidate, removed or kept.
 * @throws {AnotherRunError} when another run began to work on the stack. Errors of virsh are thrown, too.
 */
export async function* removeOrphans(
  state: StackState,
  candidates: AsyncIterable<Candidate> | Iterable<Candidate>,
  isAlone?: () => Promise<boolean>,
): AsyncGenerator<Orphan> {
  for await (const candidate of candidates) {
    const what = `${candidate.kind} ${candidate.name}`;
    const kept = await judge(state, candidate);
    if (kept !== undefined) {
      yield { what, kept };
      continue;
    }
    // The domain names its disks only while it exists. A disk has no other user only once the domain is gone.
    const disks = candidate.kind === "domain" ? await rootDisksOf(state, candidate.virsh, candidate.uuid) : [];
    if (isAlone !== undefined && !(await isAlone())) throw new AnotherRunError();
    await remove(candidate);
    yield candidate.why === undefined ? { what } : { what, why: candidate.why };
    yield* removeOrphans(state, disks, isAlone);
  }
}

/** Returns why a candidate must be kept; undefined when it may be removed. */
async function judge(state: StackState, candidate: Candidate): Promise<string | undefined> {
  switch (candidate.kind) {
    case "domain":
      return judgeDomain(state, candidate);
    case "volume":
      return judgeVolume(state, candidate);
    case "network":
      return judgeNetwork(state, candidate);
    case "storage pool":
      return judgePool(state, candidate);
  }
}

async function judgeDomain(state: StackState, candidate: DomainCandidate): Promise<string | undefined> {
  const { virsh, name, uuid, description, recordedDescription, isUnrecorded } = candidate;
  // A copy of this state may manage a domain of the same id that runs, or that will continue from its saved memory. The creation
  // that was interrupted here proves that such a domain is an orphan. So do disks of this state without a step of the machine.
  const isOurs =
    hasDomainMark(state, description) &&
    (description === recordedDescription ||
      isUnrecorded ||
      (candidate.isShutOff ?? (await shutOffDomains(virsh)).some((domain) => domain.uuid === uuid)));
  return isOurs ? undefined : `its description is not the one this stack gives it: virsh desc ${name}`;
}

async function judgeVolume(state: StackState, candidate: VolumeCandidate): Promise<string | undefined> {
  const { virsh, pool, name, from, isBlank } = candidate;
  // No advice to delete it where the upload failed: the user has recreated it, so it is complete.
  if ("key" in from) return useElsewhere(state, virsh, pool, name);
  // Root disks have no name of the program's own: Pulumi adds a random suffix to the resource's name, and records it.
  const isRandom = name.startsWith(from.resource) && /^-[0-9a-f]{7,8}$/.test(name.slice(from.resource.length));
  const reason =
    // A creation reuses a data disk that the state has lost, with its content (preflight/lost-data.ts).
    isBlank && wasInitialized(state)
      ? "it may hold the control plane's data, and the next `up` reuses it"
      : isRandom || hasClusterId(state, name)
        ? await useElsewhere(state, virsh, pool, name)
        : "another stack with a cluster of this name may have created it";
  return reason === undefined ? undefined : `${reason}; if nothing needs it: virsh vol-delete --pool ${pool} ${name}`;
}

async function judgeNetwork(
  state: StackState,
  { virsh, name, definition }: NetworkCandidate,
): Promise<string | undefined> {
  const reason = hasNetworkMark(state, definition)
    ? await linksTo(state, virsh, name, definition)
    : "it does not have this cluster's mark";
  return reason === undefined ? undefined : `${reason}: virsh net-dumpxml ${name}`;
}

/** Names what is connected to a network; undefined when nothing is, or only domains of the state that have no link. */
async function linksTo(state: StackState, virsh: Virsh, name: string, definition: string): Promise<string | undefined> {
  if (readNetwork(definition).connections !== undefined) return "machines are connected to it";
  for (const { uuid, name: domain } of await listDomains(virsh, "--all")) {
    // The cluster's own domains stay defined while a missing network is recreated for them.
    if (isInState(state, uuid)) continue;
    const interfaces = lines(await virsh("domiflist", uuid)).map((row) => row.split(/\s{2,}/));
    if (interfaces.some(([, type, source]) => type === "network" && source === name))
      return `domain ${domain} is connected to it`;
  }
  return undefined;
}

async function judgePool(
  state: StackState,
  { virsh, name, path, recordedPath }: PoolCandidate,
): Promise<string | undefined> {
  if (path === undefined || path !== recordedPath) {
    return `its folder is not the one this stack gives it: virsh pool-dumpxml ${name}`;
  }
  if (!(await lists(virsh, ["pool-list", "--name"], name))) {
    return `it is inactive, so its content is unknown; if nothing needs it: virsh pool-undefine ${name}`;
  }
  const volumes = await volumesOf(virsh, name, { refresh: true });
  const foreign = volumes.find((volume) => !hasClusterId(state, volume));
  return foreign === undefined ? undefined : `volume ${foreign} is in it: virsh vol-list --pool ${name}`;
}

async function remove(candidate: Candidate): Promise<void> {
  const { kind, virsh, name } = candidate;
  switch (kind) {
    case "domain": {
      // By its UUID: another domain may have taken its name since it was judged.
      const { uuid } = candidate;
      if (candidate.isShutOff !== true && (await lists(virsh, ["list", "--name"], name))) await virsh("destroy", uuid);
      // The provider passes the same options. Without them libvirt keeps a domain that has any of these.
      await virsh("undefine", uuid, "--managed-save", "--nvram", "--snapshots-metadata", "--checkpoints-metadata");
      return;
    }
    case "volume":
      await virsh("vol-delete", "--pool", candidate.pool, name);
      return;
    case "network":
      if (await lists(virsh, ["net-list", "--name"], name)) await virsh("net-destroy", name);
      await virsh("net-undefine", name);
      return;
    case "storage pool":
      // Its folder stays, and so do the files in it.
      await virsh("pool-destroy", name);
      await virsh("pool-undefine", name);
  }
}

/** Whether a list of virsh has an entry. */
export async function lists(virsh: Virsh, list: readonly string[], entry: string): Promise<boolean> {
  return lines(await virsh(...list)).includes(entry);
}
