import { open, readdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { inCheckout } from "../../lib/checkout.ts";
import { headerReach, parseHeader, type BackupHeader } from "./header.ts";

/** Folder of the checkout with the backups of every stack. git ignores it, and nothing deletes it. */
export const backupsFolder = inCheckout("backups");

const extension = ".nodeforge-backup";

/** Number of backups of each cluster of a stack that a retention keeps, where the stack's settings have none. */
const defaultKept = 10;

/** Name of a backup: `<stack>-<time>.nodeforge-backup`, with the time in UTC to the second. */
export function backupName(stack: string, created: Date): string {
  const time = `${created.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
  return `${stack.replaceAll("/", "-")}-${time}${extension}`;
}

/** A file in the folder of the backups. */
export interface BackupFile {
  readonly name: string;
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Header, or the reason why it cannot be read. */
  readonly header: BackupHeader | Error;
}

/** Lists the backups in a folder, the oldest first; those with an unreadable header come first. */
export async function listBackups(folder = backupsFolder): Promise<readonly BackupFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(extension)).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const found = await readHeader(path).catch((error: unknown) => error as Error);
      return found instanceof Error
        ? { name, path, size: 0, header: found }
        : { name, path, size: found.fileSize, header: found.header };
    }),
  );
  const timeOf = ({ header }: BackupFile) => (header instanceof Error ? "" : header.created);
  return files.sort((a, b) => timeOf(a).localeCompare(timeOf(b)) || a.name.localeCompare(b.name));
}

/** Header of a backup, and where its payload begins. */
export interface HeaderPlace {
  readonly header: BackupHeader;
  /** Bytes before the payload. */
  readonly size: number;
  /** Bytes of the file. */
  readonly fileSize: number;
}

/** Reads the header of a file. @throws when the file is missing or no backup. */
export async function readHeader(path: string): Promise<HeaderPlace> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code})`;
    throw new Error(`the backup ${path} ${why}. Fix: npm run backup -- list shows the backups`);
  });
  try {
    const { size: fileSize } = await file.stat();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(fileSize, headerReach)), 0, undefined, 0);
    return { ...parseHeader(buffer.subarray(0, bytesRead), path), fileSize };
  } finally {
    await file.close();
  }
}

/**
 * Deletes the oldest backups of each cluster that a stack has or had. So the backups of a new cluster delete none of a lost one. A
 * file with an unreadable header stays, because its stack is unknown.
 * @param keep Number of backups of each cluster to keep; at least 1.
 * @returns the names of the deleted files, the oldest first.
 */
export async function pruneBackups(stack: string, keep: number, folder = backupsFolder): Promise<readonly string[]> {
  const own = (await listBackups(folder)).flatMap(({ name, path, header }) =>
    header instanceof Error || header.stack !== stack ? [] : [{ name, path, header }],
  );
  const clusters = Map.groupBy(own, ({ header }) => `${header.clusterId} ${header.authority ?? ""}`);
  const kept = new Set([...clusters.values()].flatMap((backups) => backups.slice(-keep)));
  const removed = own.filter((backup) => !kept.has(backup));
  for (const { path } of removed) await rm(path, { force: true });
  return removed.map(({ name }) => name);
}

/**
 * Path of a backup that a user names: a path from the user's folder, else a name in the folder of the backups. npm changes into
 * the checkout, and INIT_CWD is the user's folder.
 */
export function findBackup(name: string, folder = backupsFolder, from = process.env.INIT_CWD ?? ""): string {
  const own = resolve(from, name);
  const listed = join(folder, name);
  return !existsSync(own) && existsSync(listed) ? listed : own;
}

/** Number of backups of each cluster that a stack's settings keep (`backupsKept`). @throws for a value that is no whole number of at least 1. */
export function keptBackups(get: (key: string) => string): number {
  const text = get("backupsKept");
  if (text === "") return defaultKept;
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new Error(
      `backupsKept is ${JSON.stringify(text)}, expected a whole number from 1 to 9999. ` +
        "Fix: npm run pulumi -- config set backupsKept 10",
    );
  }
  return Number(text);
}
