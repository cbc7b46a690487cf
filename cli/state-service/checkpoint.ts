import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "../../lib/files.ts";
import { anyObject, list, number, object, readJson, text as anyText } from "../../lib/outside.ts";
import { reachDisk } from "../../lib/unfinished.ts";
import type { Deployment, Versioned } from "./deployment.ts";
import { pathsOf, type StackPlace } from "./places.ts";

/** Checkpoint of a stack, as Pulumi's file backend keeps it. */
export interface Checkpoint extends Versioned {
  /** SHA-256 of the file. */
  readonly hash: string;
}

interface CheckpointFile {
  readonly version: number;
  readonly features?: readonly string[];
  readonly checkpoint: { readonly latest?: Deployment };
}

const fileShape = object(
  { version: number, checkpoint: object({}, { latest: anyObject }) },
  { features: list(anyText) },
);

/** Reads the checkpoint of a stack; undefined where the stack or its first deployment does not exist. */
export async function readCheckpoint(place: StackPlace): Promise<Checkpoint | undefined> {
  const text = await readFile(pathsOf(place).checkpoint).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (text === undefined) return undefined;
  const source = { name: `the checkpoint of stack ${place.stack}`, fix: "restore it from its copy with .bak" };
  const { version, features = [], checkpoint } = readJson<CheckpointFile>(text.toString(), source, fileShape);
  const { latest } = checkpoint;
  return latest && { version, features, deployment: latest, hash: hashOf(text) };
}

/** Text of a checkpoint. Go writes it in this order and without white space, too. */
export function checkpointText({ project, stack }: StackPlace, versioned: Versioned): string {
  const { version, features, deployment } = versioned;
  const name = `organization/${project}/${stack}`;
  const file = { version, ...(features.length > 0 && { features }), checkpoint: { stack: name, latest: deployment } };
  return JSON.stringify(file);
}

/** SHA-256 of a file's content, in hexadecimal. */
export function hashOf(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Replaces the checkpoint of a stack. The checkpoint before it stays beside it with `.bak`. Both are on the disk afterwards. */
export async function replaceCheckpoint(place: StackPlace, text: string): Promise<void> {
  const { checkpoint } = pathsOf(place);
  await copyFile(checkpoint, `${checkpoint}.bak`);
  await replaceFile(checkpoint, text, { mode: 0o600, flush: true });
  await reachDisk(dirname(checkpoint), { recursive: false });
}

/** An update of the history, as `pulumi stack history` shows it. Times are seconds since 1970. */
export interface UpdateInfo {
  readonly kind: string;
  readonly startTime: number;
  readonly message: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly result: "succeeded" | "failed";
  readonly endTime: number;
  readonly resourceChanges?: Readonly<Record<string, number>>;
}

/** Adds an update to the history, with a copy of the checkpoint, and adds another copy to the backups. */
export async function recordUpdate(place: StackPlace, info: UpdateInfo): Promise<void> {
  const { checkpoint, history, backups } = pathsOf(place);
  // Pulumi orders the files by this number, in nanoseconds.
  const moment = `${Date.now()}000000`;
  await Promise.all([history, backups].map((folder) => mkdir(folder, { recursive: true })));
  const base = join(history, `${place.stack}-${moment}`);
  await writeFile(`${base}.history.json`, JSON.stringify(info), { mode: 0o600 });
  await copyFile(checkpoint, `${base}.checkpoint.json`);
  if (isTrue(process.env.PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS)) return;
  await copyFile(checkpoint, join(backups, `${place.stack}.${moment}.json`));
}

/** Removes a stack with its history. Its checkpoint stays with `.bak`, and its backups stay. */
export async function removeStack(place: StackPlace): Promise<void> {
  const { checkpoint, history, tags } = pathsOf(place);
  await rename(checkpoint, `${checkpoint}.bak`);
  await rm(tags, { force: true });
  await rm(history, { recursive: true, force: true });
}

/** Whether Pulumi takes the value of a variable for true. */
function isTrue(value = ""): boolean {
  return value === "1" || value.toLowerCase() === "true";
}
