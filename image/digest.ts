import { readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../lib/cache-root.ts";
import { sha256, sha256Of, shortDigest } from "../lib/digest.ts";
import { replaceFile } from "../lib/files.ts";
import { guardedFolder } from "../lib/private-files.ts";

/** Options of {@link imageDigest}, which tests replace. */
export interface DigestOptions {
  /** Folder of the cache. */
  readonly root?: string;
  /** Smallest file in bytes whose digest is stored. @default 64 MiB, which is hashed in a fraction of a second */
  readonly storedFrom?: number;
  /** Milliseconds that a file must be unchanged before its digest is stored. @default 2000, as some systems round times */
  readonly settled?: number;
}

const digests = new Map<string, Promise<string>>();

/**
 * Returns the SHA-256 of an image's file, in hexadecimal. Hashing takes seconds, so a file is hashed once and its digest is
 * stored in the cache. `npm run up` is three processes, of which only the first one then hashes the image.
 *
 * A file with another inode, size or time of change is hashed again. No program can set the time of change. The digest is not
 * stored where another user could replace it.
 * @throws when the file cannot be read.
 */
export async function imageDigest(path: string, options: DigestOptions = {}): Promise<string> {
  const found = await versionOf(path);
  const { version } = found;
  const digest = digests.get(version) ?? storedDigest(path, found, options);
  digests.set(version, digest);
  digest.catch(() => digests.delete(version));
  return digest;
}

async function storedDigest(
  path: string,
  before: FileVersion,
  { root = cacheRoot(), storedFrom = 64 * 2 ** 20, settled = 2_000 }: DigestOptions,
): Promise<string> {
  if (before.size < storedFrom) return sha256Of(path);
  const place = await placeOf(path, root);
  const [version, stored] =
    place === undefined ? [] : (await readFile(place, "utf8").catch(() => "")).trim().split(" ");
  if (version === before.version && stored !== undefined && /^[0-9a-f]{64}$/.test(stored)) return stored;
  const isSettled = Date.now() - before.changedMs >= settled;
  const digest = await sha256Of(path);
  if (place !== undefined && isSettled && (await versionOf(path)).version === before.version) {
    // A full disk costs time, but no run.
    await replaceFile(place, `${before.version} ${digest}\n`).catch(() => undefined);
  }
  return digest;
}

/** Facts that tell one content of a file from another without reading the file. */
interface FileVersion {
  readonly version: string;
  readonly size: number;
  readonly changedMs: number;
}

async function versionOf(path: string): Promise<FileVersion> {
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
  return { version: [dev, ino, size, mtimeNs, ctimeNs].join(":"), size: Number(size), changedMs: Number(ctimeMs) };
}

/** Returns the path of the file with the stored digest; undefined when another user could replace that file. */
async function placeOf(path: string, root: string): Promise<string | undefined> {
  try {
    return join(guardedFolder(join(root, "digests")), shortDigest(sha256(await realpath(path))));
  } catch {
    return undefined;
  }
}
