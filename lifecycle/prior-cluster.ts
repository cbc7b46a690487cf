import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { parseIdentity, type Identity } from "../components/identity.ts";
import type { ClusterConfig } from "../config/index.ts";
import { domainMark, hasMark, hasSignature, nodeOfResource, resourceName, suffix } from "../names.ts";
import type { PriorState } from "./prior-state.ts";

/**
 * What a cluster stands on: with another login, network, storage or data disk it is another cluster. Changed one by one,
 * machines would have to leave through a control plane that is no longer where, or whose, they think.
 */
export function foundation({ network, ssh, storagePool, master }: ClusterConfig): Record<string, string> {
  const login = { user: ssh.user, publicKey: ssh.publicKey };
  const parts = { login, network, storagePool, dataDiskGiB: master.dataDiskGiB };
  return { machines: createHash("sha256").update(JSON.stringify(parts)).digest("hex") };
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
export function priorCluster(known: PriorState, name: string): PriorCluster {
  const { result, keepers } = known.outputsOf("RandomUuid", `${name}${suffix.id}`) ?? {};
  const [master] = known.namesOf("Command").flatMap((command) => nodeOfResource(name, command, suffix.init) ?? []);
  const last = keepers as PriorCluster["keepers"];
  return {
    id: typeof result === "string" ? result : undefined,
    keepers: last,
    master: last?.master ?? master,
  };
}

/** Whether the cluster that the stack remembers stands on what a configuration says. */
export function standsOn(known: PriorState, config: ClusterConfig): boolean {
  return priorCluster(known, config.clusterName).keepers?.machines === foundation(config).machines;
}

/**
 * What makes a cluster another one: what it stands on, how often its data was given up, if ever, and the name of its control
 * plane once that was changed. A name that never was is left out: the keepers of a stack that nobody changed stay as they are.
 * @param dataLost Whether the data is gone now.
 */
export function keepersOf(
  known: PriorState,
  name: string,
  config: ClusterConfig,
  dataLost: boolean,
): Record<string, string> {
  const { keepers, master } = priorCluster(known, name);
  const losses = Number(keepers?.losses ?? 0) + Number(dataLost);
  const isNamed = keepers?.master !== undefined || (master !== undefined && master !== config.master.name);
  return {
    ...foundation(config),
    ...(losses > 0 ? { losses: String(losses) } : {}),
    ...(isNamed ? { master: config.master.name } : {}),
  };
}

/** Whether the cluster that the stack remembers is the one that is wanted. @param keepers What that is to be known by. */
export function isSameCluster(known: PriorState, name: string, keepers: Readonly<Record<string, string>>): boolean {
  return isDeepStrictEqual(priorCluster(known, name).keepers, keepers);
}

/**
 * Whether the control plane of a cluster was made. What a change to another cluster left when it was stopped stays known: a
 * machine that is marked with another id was an earlier cluster's, and so was what was done on it.
 * @param master Name of the control plane.
 */
export function isMade(known: PriorState, name: string, master: string): boolean {
  const { id } = priorCluster(known, name);
  const machine = resourceName(name, master);
  const description = known.outputsOf("Domain", machine)?.description;
  const isEarlier = typeof description === "string" && !hasMark(description, domainMark(name, id ?? ""));
  return id !== undefined && known.outputsOf("Command", `${machine}${suffix.init}`) !== undefined && !isEarlier;
}

/**
 * How the control plane was reached before, if it is still the same cluster: its data disk makes the next machine the same
 * host.
 * @param keepers What the cluster is to be known by from now on.
 */
export function keptIdentity(
  known: PriorState,
  name: string,
  config: ClusterConfig,
  keepers: Readonly<Record<string, string>>,
): Identity | undefined {
  const { name: master } = config.master;
  const identity = known.outputsOf("Command", `${resourceName(name, master)}${suffix.hostKey}`)?.stdout;
  const isSame = isSameCluster(known, name, keepers) && isMade(known, name, master);
  return isSame && typeof identity === "string" ? parseIdentity(identity) : undefined;
}

/**
 * Whether a machine is there, and is not the one that is wanted.
 * @param resourceName Name of its domain in the stack.
 * @param signature What the wanted machine's domain is marked with.
 */
export function isReplaced(known: PriorState, resourceName: string, signature: string): boolean {
  const description = known.outputsOf("Domain", resourceName)?.description;
  return typeof description === "string" && !hasSignature(description, signature);
}

/**
 * Whether a worker was begun and is not back: the step that waits until it is Ready was never taken for the machine that is
 * there. The step of an earlier machine stays known while it is being replaced, so it tells which one it was for.
 * @param resourceName Name of the worker's component in the stack.
 */
export function isAway(known: PriorState, resourceName: string): boolean {
  if (known.outputsOf("Worker", resourceName) === undefined) return false;
  const domainId = known.outputsOf("Domain", resourceName)?.id;
  const triggers = known.outputsOf("Command", `${resourceName}${suffix.ready}`)?.triggers;
  return domainId === undefined || !Array.isArray(triggers) || !triggers.includes(domainId);
}

/**
 * Whether a worker has a token that it did not join with: a run ended in between. The token may have ended, and lets the
 * worker have one certificate only, so it needs another.
 * @param resourceName Name of the worker's component in the stack.
 */
export function isHalfJoined(known: PriorState, resourceName: string): boolean {
  const minted = known.outputsOf("Command", `${resourceName}${suffix.token}`)?.triggers;
  const joined = known.outputsOf("Command", `${resourceName}${suffix.join}`)?.triggers;
  return minted !== undefined && !isDeepStrictEqual(minted, joined);
}

/** What makes a step be taken again although nothing about it changed: it counts how often that was so. */
export function generationOf(known: PriorState, command: string, again: boolean): string {
  const triggers = known.outputsOf("Command", command)?.triggers;
  // A step that was never counted, or is not there yet, is at its first time.
  const last = (Array.isArray(triggers) && Number(triggers.at(-1))) || 1;
  return String(again ? last + 1 : last);
}
