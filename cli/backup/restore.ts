import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { major, minor, parse } from "semver";
import { sha256Of } from "../../lib/digest.ts";
import { logLine, type Log } from "../../lib/log.ts";
import { etcdutl } from "../../tools/etcdutl.ts";
import { clusterOf, stackOutputs, type StackState } from "../stack/state.ts";
import { controlPlaneOf, streamScript } from "./control-plane.ts";
import { readBackup } from "./file.ts";
import type { BackupHeader } from "./header.ts";
import { clusterIdOf, type BackupSession } from "./take-backup.ts";
import type { VerifiedBackup } from "./verify.ts";

/** Kind of a restore, decided before anything is asked or changed. */
export interface RestorePlan {
  /** Whether the stack's cluster is the one of the backup. */
  readonly isSameCluster: boolean;
  /** Whether the node refuses a cluster that has objects of a user. */
  readonly needsEmpty: boolean;
}

/**
 * Decides whether a backup fits a stack's cluster.
 * @param force Whether the cluster may have another name or objects of its own.
 * @throws when the cluster has another name, or Kubernetes has another minor version.
 */
export function planRestore(
  header: Pick<BackupHeader, "cluster" | "clusterId" | "kubernetesVersion">,
  state: StackState,
  force: boolean,
): RestorePlan {
  const cluster = clusterOf(state);
  if (cluster === "") throw new Error("the stack has no cluster. Fix: npm run up, then repeat the restore");
  if (header.cluster !== cluster && !force) {
    throw new Error(
      `the backup is of cluster ${header.cluster}, and the stack has cluster ${cluster}. Fix: name another backup or --stack; ` +
        "or add --force",
    );
  }
  const { kubernetesVersion: running } = stackOutputs(state);
  // An unfinished up has no outputs. The node compares the versions, too.
  if (typeof running === "string" && minorOf(running) !== minorOf(header.kubernetesVersion)) {
    throw new Error(
      `the backup is of Kubernetes ${header.kubernetesVersion}, and the cluster runs ${running}. ` +
        `Fix: restore it onto a cluster of ${minorOf(header.kubernetesVersion)}, then upgrade`,
    );
  }
  const id = clusterIdOf(state);
  const isSameCluster = header.clusterId !== "" && header.clusterId === id;
  return { isSameCluster, needsEmpty: !isSameCluster && !force };
}

function minorOf(version: string): string {
  const found = parse(version);
  return found === null ? version : `v${major(found)}.${minor(found)}`;
}

/** Nodes after a restore. */
export interface RestoreResult {
  readonly seconds: number;
  /** Workers that stay in the cluster. */
  readonly stay: readonly string[];
  /** Workers that the next `up` lets join again. */
  readonly again: readonly string[];
}

/** Options of {@link restoreBackup}, which tests replace. */
export interface RestoreOptions {
  /** Path of etcdutl. @default {@link etcdutl} */
  readonly program?: string;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** Minutes for two starts of an emulated control plane, because a failed restore starts the former one. */
const limitMinutes = 75;

/**
 * Replaces the objects of a stack's cluster by those of a backup. The API server is unavailable for some minutes. A failure
 * on the node brings the former objects back.
 * @param path Path of the backup, which {@link VerifiedBackup} is about.
 * @throws with the reason of the node.
 */
export async function restoreBackup(
  session: BackupSession,
  state: StackState,
  path: string,
  backup: VerifiedBackup,
  plan: RestorePlan,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  const { program = await etcdutl(), log = logLine } = options;
  const place = controlPlaneOf(state, session);
  const { files, snapshot } = await readBackup(path, backup.key);
  // A blank data disk gets them. Those of another cluster would have another CA than the workers.
  const own = plan.isSameCluster ? files : [];
  const parameters = {
    NODE_NAME: place.name,
    VERSION: backup.header.kubernetesVersion,
    PROGRAM_SIZE: (await stat(program)).size,
    PROGRAM_SHA256: await sha256Of(program),
    SNAPSHOT_SIZE: backup.snapshotSize,
    SNAPSHOT_SHA256: backup.snapshotSha256,
    EMPTY: plan.needsEmpty ? "yes" : "no",
    SECRETS_ENCRYPTED: backup.isEncrypted ? "yes" : "no",
    FILES: own.length,
  };
  async function* input() {
    const { serviceAccounts, secretKeys } = backup;
    yield Buffer.from(`${serviceAccounts.private}\n${serviceAccounts.public}\n${secretKeys}\n`);
    yield Buffer.from(own.map(({ name, mode, content }) => `${name} ${mode} ${content}\n`).join(""));
    yield* createReadStream(program) as AsyncIterable<Buffer>;
    yield* snapshot;
  }
  const call = { script: "restore-control-plane", parameters, input: input(), limitMinutes, log } as const;
  return streamScript(place, call, async (lines) => {
    let last = "";
    for await (const line of lines) last = line === "" ? last : line;
    return resultOf(last);
  });
}

function resultOf(line: string): RestoreResult {
  const isNames = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((name) => typeof name === "string" && /^[a-z0-9.-]+$/.test(name));
  try {
    const { seconds, stay, again } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof seconds === "number" && isNames(stay) && isNames(again)) return { seconds, stay, again };
  } catch {
    // Reported below.
  }
  throw new Error("the control plane did not say how the restore ended. Fix: npm run diagnose");
}
