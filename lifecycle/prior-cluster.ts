import { sha256 } from "../lib/digest.ts";
import { isDeepStrictEqual } from "node:util";
import type { ClusterConfig } from "../config/index.ts";
import { domainMark, hasMark, hasSignature, nodeOfResource, resourceName, suffix } from "../names.ts";
import type { Identity } from "../topology.ts";
import { parseIdentity } from "./identity.ts";
import type { PriorState } from "./prior-state.ts";

/**
 * What a cluster stands on: with another login, network, storage or data disk it is another cluster. Changed one by one,
 * machines would have to leave through a control plane that is no longer where, or whose, they think.
 */
export function immutableInputs({ network, ssh, storagePool, master }: ClusterConfig<unknown>): Record<string, string> {
  const login = { user: ssh.user, publicKey: ssh.publicKey };
  const parts = { login, network, storagePool, dataDiskGiB: master.dataDiskGiB };
  return { machines: sha256(JSON.stringify(parts)) };
}

/** The cluster as the stack remembers it. */
export interface PriorCluster {
  /** Tells it from others of its name; undefined before it was made, and when it was never told. */
  readonly id: string | undefined;
  readonly keepers: Readonly<Record<string, string>> | undefined;
  /** Name of its control plane; undefined before that was made. */
  readonly master: string | undefined;
}

/** What the stack remembers of a cluster. */
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

/** Whether the cluster that the stack remembers stands on what a configuration says. */
export function hasSameInputs(prior: PriorState, config: ClusterConfig<unknown>): boolean {
  return priorCluster(prior, config.clusterName).keepers?.machines === immutableInputs(config).machines;
}

/**
 * What makes a cluster another one: what it stands on, how often its data was given up, if ever, and the name of its control
 * plane once that was changed. A name that never was is left out: the keepers of a stack that nobody changed stay as they are.
 * @param dataLost Whether the data is gone now.
 */
export function keepersOf(prior: PriorState, config: ClusterConfig, dataLost: boolean): Record<string, string> {
  const { keepers, master } = priorCluster(prior, config.clusterName);
  const dataGeneration = Number(keepers?.losses ?? 0) + Number(dataLost);
  const isNamed = keepers?.master !== undefined || (master !== undefined && master !== config.master.name);
  return {
    ...immutableInputs(config),
    // The key has this name in every state.
    ...(dataGeneration > 0 ? { losses: String(dataGeneration) } : {}),
    ...(isNamed ? { master: config.master.name } : {}),
  };
}

/** Whether the cluster that the stack remembers is the one that is wanted. @param keepers What that is to be known by. */
export function isSameCluster(prior: PriorState, name: string, keepers: Readonly<Record<string, string>>): boolean {
  return isDeepStrictEqual(priorCluster(prior, name).keepers, keepers);
}

/**
 * Whether the control plane of a cluster was made. What a change to another cluster left when it was stopped stays known: a
 * machine that is marked with another id was an earlier cluster's, and so was what was done on it.
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
 * How the control plane was reached before, if it is still the same cluster: its data disk makes the next machine the same
 * host.
 * @param keepers What the cluster is to be known by from now on.
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
 * Whether a machine is there, and is not the one that is wanted.
 * @param resourceName Name of its domain in the stack.
 * @param signature What the wanted machine's domain is marked with.
 */
export function needsRollout(prior: PriorState, resourceName: string, signature: string): boolean {
  const description = prior.outputsOf("domain", resourceName)?.description;
  return typeof description === "string" && !hasSignature(description, signature);
}

/**
 * Whether a worker was begun and is not back: the step that waits until it is Ready was never taken for the machine that is
 * there. The step of an earlier machine stays known while it is being replaced, so it tells which one it was for.
 * @param resourceName Name of the worker's component in the stack.
 */
export function isUnavailable(prior: PriorState, resourceName: string): boolean {
  if (prior.outputsOf("worker", resourceName) === undefined) return false;
  const domainId = prior.outputsOf("domain", resourceName)?.id;
  const triggers = prior.outputsOf("remoteCommand", `${resourceName}${suffix.ready}`)?.triggers;
  return domainId === undefined || !Array.isArray(triggers) || !triggers.includes(domainId);
}

/**
 * Whether a worker has a token that it did not join with: a run ended in between. The token may have ended, and lets the
 * worker have one certificate only, so it needs another.
 * @param resourceName Name of the worker's component in the stack.
 */
export function hasUnusedToken(prior: PriorState, resourceName: string): boolean {
  const minted = prior.outputsOf("remoteCommand", `${resourceName}${suffix.token}`)?.triggers;
  const joined = prior.outputsOf("remoteCommand", `${resourceName}${suffix.join}`)?.triggers;
  return minted !== undefined && !isDeepStrictEqual(minted, joined);
}

/** What makes a step be taken again although nothing about it changed: it counts how often that was so. */
export function generationOf(prior: PriorState, command: string, again: boolean): string {
  const triggers = prior.outputsOf("remoteCommand", command)?.triggers;
  // A step that was never counted, or is not there yet, is at its first time.
  const last = (Array.isArray(triggers) && Number(triggers.at(-1))) || 1;
  return String(again ? last + 1 : last);
}
