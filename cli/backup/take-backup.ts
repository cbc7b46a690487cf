import { join } from "node:path";
import { existsSync } from "node:fs";
import { sha256 } from "../../lib/digest.ts";
import { logLine, type Log } from "../../lib/log.ts";
import { resourceType, suffix, nameOfUrn } from "../../names.ts";
import { clusterStateOf } from "../diagnose/state.ts";
import type { Session } from "../stack/session.ts";
import { clusterOf, resourcesOf, type StackState } from "../stack/state.ts";
import { controlPlaneOf, streamScript } from "./control-plane.ts";
import { newDataKey } from "./data-key.ts";
import { writeBackup } from "./file.ts";
import { backupName, backupsFolder, keptBackups, pruneBackups } from "./folder.ts";
import type { BackupHeader } from "./header.ts";
import { parseNodeOutput, type NodeFile } from "./node-output.ts";

/** The part of a session that a backup needs. */
export type BackupSession = Pick<Session, "stack" | "configFile" | "settings" | "variables">;

/** Options of {@link takeBackup}. */
export interface BackupOptions {
  /** Folder of all backups. @default the checkout's */
  readonly folder?: string;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** A backup that was written. */
export interface TakenBackup {
  readonly path: string;
  readonly header: BackupHeader;
  /** Names of older backups that the retention has deleted. */
  readonly pruned: readonly string[];
}

/** Minutes for the snapshot of a large cluster of an emulated machine. */
const limitMinutes = 30;

/**
 * Writes a backup of a stack's control plane: a consistent snapshot of etcd, and the files below /etc/kubernetes. Then deletes
 * the oldest backups of each cluster of the stack beyond its `backupsKept`. Nothing reaches this machine's disk before it is encrypted.
 * @param state State of the stack, which names the control plane.
 * @throws when the control plane cannot be reached, or etcd's snapshot is incomplete. No file stays then.
 */
export async function takeBackup(
  session: BackupSession,
  state: StackState,
  { folder = backupsFolder, log = logLine }: BackupOptions = {},
): Promise<TakenBackup> {
  const { stack } = session;
  // A wrong setting is refused before anything is written.
  const keep = keptBackups(session.settings().get);
  const place = controlPlaneOf(state, session);
  const { key, sealed } = await newDataKey(session);
  const created = new Date();
  const path = freePath(folder, stack, created);
  const header = await streamScript(place, { script: "backup-control-plane", limitMinutes, log }, async (lines) => {
    const { facts, snapshot } = await parseNodeOutput(lines);
    const { kubernetesVersion, etcdVersion, etcdRevision, files } = facts;
    const described = {
      ...{ stack, cluster: clusterOf(state), clusterId: clusterIdOf(state), created: created.toISOString() },
      ...{ authority: authorityOf(files), kubernetesVersion, etcdVersion, etcdRevision },
      nodes: clusterStateOf(state).nodes.map(({ name }) => name),
      key: sealed,
    };
    return writeBackup(path, described, key, { files, snapshot });
  });
  return { path, header, pruned: await pruneBackups(stack, keep, folder) };
}

/** Random id of the cluster in a state; "" where the state has none. */
export function clusterIdOf(state: StackState): string {
  const name = `${clusterOf(state)}${suffix.id}`;
  const id = resourcesOf(state, resourceType.randomUuid).find(({ urn }) => nameOfUrn(urn) === name);
  return typeof id?.outputs?.result === "string" ? id.outputs.result : "";
}

/** A data disk that was given up has another CA, although the state keeps the id of the cluster. */
function authorityOf(files: readonly NodeFile[]): string {
  const certificate = files.find(({ name }) => name === "pki/ca.crt")?.content ?? "";
  return sha256(Buffer.from(certificate, "base64"));
}

/** A second backup in the same second gets the time of a later one. */
function freePath(folder: string, stack: string, created: Date): string {
  for (let time = created.getTime(); ; time += 1000) {
    const path = join(folder, backupName(stack, new Date(time)));
    if (!existsSync(path)) return path;
  }
}
