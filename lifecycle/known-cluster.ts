import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Identity } from "../components/virtual-machine.ts";
import type { ClusterConfig } from "../config/index.ts";
import type { Known } from "./known.ts";

/**
 * What a cluster stands on: with another login, network, storage, data disk or name of its control plane it is another
 * cluster. Changed one by one, machines would have to leave through a control plane that is no longer where, or whose, they
 * think.
 */
export function foundation({ network, ssh, storagePool, master }: ClusterConfig): Record<string, string> {
  const login = { user: ssh.user, publicKey: ssh.publicKey };
  const parts = { login, network, storagePool, dataDiskGiB: master.dataDiskGiB, masterName: master.name };
  return { machines: createHash("sha256").update(JSON.stringify(parts)).digest("hex") };
}

/**
 * What makes a cluster another one: what it stands on, and how often its data was given up, if ever.
 * @param dataLost Whether the data is gone now.
 */
export function keepersOf(
  known: Known,
  name: string,
  config: ClusterConfig,
  dataLost: boolean,
): Record<string, string> {
  const last = known.outputsOf("RandomUuid", `${name}-id`)?.keepers as { readonly losses?: string } | undefined;
  const losses = Number(last?.losses ?? 0) + Number(dataLost);
  return { ...foundation(config), ...(losses > 0 ? { losses: String(losses) } : {}) };
}

/**
 * How the control plane was reached before, if it is still the same cluster: its data disk makes the next machine the same
 * host.
 * @param keepers What the cluster is to be known by from now on.
 */
export function keptIdentity(
  known: Known,
  name: string,
  config: ClusterConfig,
  keepers: Readonly<Record<string, string>>,
): Identity | undefined {
  const master = `${name}-${config.master.name}`;
  const made = known.outputsOf("Command", `${master}-init`);
  const identity = known.outputsOf("Command", `${master}-host-key`)?.stdout;
  const sameCluster = isDeepStrictEqual(known.outputsOf("RandomUuid", `${name}-id`)?.keepers, keepers);
  if (made === undefined || typeof identity !== "string" || !sameCluster) return undefined;
  return JSON.parse(identity) as Identity;
}

/**
 * Whether a machine is there, and is not the one that is wanted.
 * @param resourceName Name of its domain in the stack.
 * @param signature What the wanted machine's domain is marked with.
 */
export function isReplaced(known: Known, resourceName: string, signature: string): boolean {
  const description = known.outputsOf("Domain", resourceName)?.description;
  return typeof description === "string" && !description.endsWith(` ${signature}`);
}

/**
 * Whether a worker was begun and is not back: the step that waits until it is Ready was never taken for the machine that is
 * there. The step of an earlier machine stays known while it is being replaced, so it tells which one it was for.
 * @param resourceName Name of the worker's component in the stack.
 */
export function isAway(known: Known, resourceName: string): boolean {
  if (known.outputsOf("Worker", resourceName) === undefined) return false;
  const domainId = known.outputsOf("Domain", resourceName)?.id;
  const triggers = known.outputsOf("Command", `${resourceName}-ready`)?.triggers;
  return domainId === undefined || !Array.isArray(triggers) || !triggers.includes(domainId);
}

/** What makes a step be taken again although nothing about it changed: it counts how often that was so. */
export function generationOf(known: Known, command: string, again: boolean): string {
  const triggers = known.outputsOf("Command", command)?.triggers;
  // A step that was never counted, or is not there yet, is at its first time.
  const last = (Array.isArray(triggers) && Number(triggers.at(-1))) || 1;
  return String(again ? last + 1 : last);
}
