import { sha256 } from "../lib/digest.ts";
import { isDeepStrictEqual } from "node:util";
import type { ClusterConfig } from "../config/index.ts";
import { domainMark, hasMark, hasSignature, nodeOfResource, resourceName, suffix } from "../names.ts";
import type { Identity } from "../topology.ts";
import { parseIdentity } from "./identity.ts";
import type { PriorState } from "./prior-state.ts";

/**
 * Inputs that cannot change within a cluster: login, network and storage. Another value makes another cluster, because machines
 * that are replaced one by one would use a control plane with another address or login.
 * @param dataDiskGiB Size with which the data disk is or was created. The digest has it in every state, so it stays a part.
 * @returns a digest of them, as a keeper of the cluster's random id.
 */
export function immutableInputs(
  { network, ssh, storagePool, master }: ClusterConfig<unknown>,
  dataDiskGiB = master.dataDiskGiB,
): Record<string, string> {
  const login = { user: ssh.user, publicKey: ssh.publicKey };
  const parts = { login, network, storagePool, dataDiskGiB };
  return { machines: sha256(JSON.stringify(parts)) };
}

/** The cluster in the prior state. */
export interface PriorCluster {
  /** Random id; undefined before the cluster exists, and when the state has none. */
  readonly id: string | undefined;
  readonly keepers: Readonly<Record<string, string>> | undefined;
  /** Name of its control plane; undefined before the control plane is initialized. */
  readonly master: string | undefined;
}

/** Returns the cluster of this name in the prior state. */
export function priorCluster(prior: PriorState, name: string): PriorCluster {
  const { result, keepers } = prior.outputsOf("randomUuid", `${name}${suffix.id}`) ?? {};
  const [master] = prior
    .namesOf("remoteCommand")
    .flatMap((command) => nodeOfResource(name, command, suffix.init) ?? []);
  const last = keepers as PriorCluster["keepers"];
  return {
    id: typeof result === "string" ? result : undefined,
    keepers: last,
    master: last?.master ?? master,
  };
}

/**
 * Size in GiB with which the data disk of the cluster in the prior state was created. Undefined when the configuration has other
 * immutable inputs than that cluster.
 *
 * Only the digest has this size, because a refresh writes the present size of a disk that has grown to the state. A disk never
 * shrinks, so no larger size than the desired one and the one in the state is tried.
 */
export function createdDataDiskGiB(prior: PriorState, config: ClusterConfig<unknown>): number | undefined {
  const { clusterName, master } = config;
  const before = priorCluster(prior, clusterName);
  const digest = before.keepers?.machines;
  if (digest === undefined) return undefined;
  const machine = resourceName(clusterName, before.master ?? master.name);
  const bytes = Number(prior.outputsOf("volume", `${machine}${suffix.data}`)?.size ?? 0);
  for (let size = Math.max(master.dataDiskGiB, Math.floor(bytes / 2 ** 30)); size > 0; size--) {
    if (immutableInputs(config, size).machines === digest) return size;
  }
  return undefined;
}

/** Whether a configuration has the same immutable inputs as the cluster in the prior state. */
export function hasSameInputs(prior: PriorState, config: ClusterConfig<unknown>): boolean {
  return createdDataDiskGiB(prior, config) !== undefined;
}

/**
 * Keepers of the cluster's random id: its immutable inputs, the number of times its data was lost, and the name of its control
 * plane. A change of any makes another cluster. Zero losses and a name that never changed are left out, so that the keepers
 * of older stacks do not change.
 * @param dataLost Whether the data is lost now.
 */
export function keepersOf(prior: PriorState, config: ClusterConfig, dataLost: boolean): Record<string, string> {
  const { keepers, master } = priorCluster(prior, config.clusterName);
  const dataGeneration = Number(keepers?.losses ?? 0) + Number(dataLost);
  const isRenamed = master !== undefined && master !== config.master.name;
  const isNamed = keepers?.master !== undefined || isRenamed;
  // Another cluster gets a disk of the desired size.
  const created = dataLost || isRenamed ? undefined : createdDataDiskGiB(prior, config);
  return {
    ...immutableInputs(config, created),
    // The key has this name in every state.
    ...(dataGeneration > 0 ? { losses: String(dataGeneration) } : {}),
    ...(isNamed ? { master: config.master.name } : {}),
  };
}

/** Whether the cluster in the prior state is the desired one. @param keepers Keepers of the desired cluster. */
export function isSameCluster(prior: PriorState, name: string, keepers: Readonly<Record<string, string>>): boolean {
  return isDeepStrictEqual(priorCluster(prior, name).keepers, keepers);
}

/**
 * Whether the control plane of a cluster is initialized.
 *
 * After an interrupted change to another cluster the state still has the step of the earlier cluster. The machine then has the
 * mark of another id, and the step does not count.
 * @param master Name of the control plane.
 */
export function isInitialized(prior: PriorState, name: string, master: string): boolean {
  const { id } = priorCluster(prior, name);
  const machine = resourceName(name, master);
  const description = prior.outputsOf("domain", machine)?.description;
  const isEarlier = typeof description === "string" && !hasMark(description, domainMark(name, id ?? ""));
  return id !== undefined && prior.outputsOf("remoteCommand", `${machine}${suffix.init}`) !== undefined && !isEarlier;
}

/**
 * Identity of the control plane in the prior state, if this is still the same cluster. The next machine has the same identity,
 * because the data disk has the host key.
 * @param keepers Keepers of the desired cluster.
 */
export function keptIdentity(
  prior: PriorState,
  { clusterName, master: { name: master } }: ClusterConfig,
  keepers: Readonly<Record<string, string>>,
): Identity | undefined {
  const identity = prior.outputsOf("localCommand", `${resourceName(clusterName, master)}${suffix.hostKey}`)?.stdout;
  const isSame = isSameCluster(prior, clusterName, keepers) && isInitialized(prior, clusterName, master);
  return isSame && typeof identity === "string" ? parseIdentity(identity) : undefined;
}

/**
 * Whether a machine exists and will be replaced: it has another signature than the desired one, or no root disk any more.
 * @param resourceName Name of its domain in the stack.
 * @param signature Signature of the desired machine.
 */
export function needsRollout(prior: PriorState, resourceName: string, signature: string): boolean {
  const description = prior.outputsOf("domain", resourceName)?.description;
  if (typeof description !== "string") return false;
  return (
    !hasSignature(description, signature) || prior.outputsOf("volume", `${resourceName}${suffix.root}`) === undefined
  );
}

/**
 * Whether a worker is in the state and was never Ready on its present machine. The step that waits for it has the machine in
 * its triggers. During a replacement the state still has the step of the earlier machine.
 * @param resourceName Name of the worker's component in the stack.
 */
export function isUnavailable(prior: PriorState, resourceName: string): boolean {
  if (prior.outputsOf("worker", resourceName) === undefined) return false;
  const domainId = prior.outputsOf("domain", resourceName)?.id;
  const triggers = prior.outputsOf("remoteCommand", `${resourceName}${suffix.ready}`)?.triggers;
  return domainId === undefined || !Array.isArray(triggers) || !triggers.includes(domainId);
}

/**
 * Whether a worker has a token without a join, because a run ended between the two. The worker needs another token: this one
 * may have expired, and each token allows one certificate only.
 * @param resourceName Name of the worker's component in the stack.
 */
export function hasUnusedToken(prior: PriorState, resourceName: string): boolean {
  const minted = prior.outputsOf("remoteCommand", `${resourceName}${suffix.token}`)?.triggers;
  const joined = prior.outputsOf("remoteCommand", `${resourceName}${suffix.join}`)?.triggers;
  return minted !== undefined && !isDeepStrictEqual(minted, joined);
}

/**
 * Trigger that makes a command run again although its inputs are the same: it counts these runs.
 * @param command Name of the command in the stack.
 * @param again Whether the command must run again now.
 */
export function generationOf(prior: PriorState, command: string, again: boolean): string {
  const triggers = prior.outputsOf("remoteCommand", command)?.triggers;
  // A command without a count, or one that does not exist yet, counts as the first run.
  const last = (Array.isArray(triggers) && Number(triggers.at(-1))) || 1;
  return String(again ? last + 1 : last);
}
