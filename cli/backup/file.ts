import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open as openFile, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Readable } from "node:stream";
import { ownFolder } from "../../lib/private-files.ts";
import { reachDisk, unfinishedPath } from "../../lib/unfinished.ts";
import { encodeHeader, unknownDigest, type BackupHeader } from "./header.ts";
import { readHeader } from "./folder.ts";
import type { NodeFile } from "./node-output.ts";
import { open, seal } from "./seal.ts";
import { checkedSnapshot } from "./snapshot-digest.ts";

/** Secret content of a backup. */
export interface BackupContent {
  readonly files: readonly NodeFile[];
  /** etcd's snapshot, with etcd's own digest at its end. */
  readonly snapshot: AsyncIterable<Buffer>;
}

/**
 * Writes a backup: header and encrypted payload. Only its owner can read it. It has its name once it is complete on the disk
 * and etcd's own digest is right.
 * @throws where the snapshot is incomplete, and for an existing file. Nothing stays then.
 */
export async function writeBackup(
  path: string,
  header: Omit<BackupHeader, "sha256">,
  key: Buffer,
  content: BackupContent,
): Promise<BackupHeader> {
  const folder = dirname(path);
  ownFolder(folder);
  const fresh = unfinishedPath(path, "part");
  const head = encodeHeader({ ...header, sha256: unknownDigest });
  try {
    const file = await openFile(fresh, "wx", 0o600);
    let sha256: string;
    try {
      await file.writeFile(head);
      sha256 = await writePayload(file, seal(key, head, packed(content)));
      const whole = encodeHeader({ ...header, sha256 });
      await file.write(whole, 0, whole.length, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    await reachDisk(folder, { recursive: false });
    return { ...header, sha256 };
  } finally {
    await rm(fresh, { force: true });
  }
}

async function writePayload(file: FileHandle, payload: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of payload) {
    hash.update(bytes);
    await file.writeFile(bytes);
  }
  return hash.digest("hex");
}

/** Compresses the files as one line of JSON, and the snapshot behind it. */
function packed({ files, snapshot }: BackupContent): AsyncIterable<Buffer> {
  async function* plain() {
    yield Buffer.from(`${JSON.stringify({ files })}\n`);
    yield* checkedSnapshot(snapshot);
  }
  return through(plain(), createGzip());
}

/**
 * Opens a backup for one pass.
 * @returns its files, and its snapshot, whose end is reached only if every byte is proved.
 * @throws when the file's SHA-256 is another one, or the key is.
 */
export async function readBackup(path: string, key: Buffer): Promise<BackupContent> {
  const { header, size } = await readHeader(path);
  await checkDigest(path, header.sha256, size);
  const head = encodeHeader({ ...header, sha256: unknownDigest });
  const sealed = createReadStream(path, { start: size }) as AsyncIterable<Buffer>;
  const content = through(open(key, head, sealed), createGunzip())[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  for (;;) {
    const { value, done } = await content.next();
    if (done === true) throw new Error(`${path} has no list of files. Fix: use another backup`);
    const end = value.indexOf("\n");
    parts.push(end < 0 ? value : value.subarray(0, end));
    if (end < 0) continue;
    const { files } = JSON.parse(Buffer.concat(parts).toString()) as { readonly files: readonly NodeFile[] };
    return { files, snapshot: checkedSnapshot(rest(value.subarray(end + 1), content)) };
  }
}

/** Checks the SHA-256 of the payload, which needs no key. @throws when it differs. */
async function checkDigest(path: string, expected: string, start: number): Promise<void> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { start })) hash.update(bytes as Buffer);
  const found = hash.digest("hex");
  if (found !== expected) {
    throw new Error(
      `${path} is damaged: its payload has SHA-256 ${found}, expected ${expected}. Fix: use another backup`,
    );
  }
}

async function* rest(first: Buffer, content: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (first.length > 0) yield first;
  for (let next = await content.next(); next.done !== true; next = await content.next()) yield next.value;
}

/** Passes bytes through zlib. An error of the source is the error of the result. */
async function* through(
  source: AsyncIterable<Buffer>,
  zlib: ReturnType<typeof createGzip> | ReturnType<typeof createGunzip>,
): AsyncGenerator<Buffer, void, undefined> {
  let problem: unknown;
  const flow = pipeline(Readable.from(source), zlib).catch((error: unknown) => (problem = error));
  try {
    for await (const bytes of zlib) yield bytes as Buffer;
  } catch (error) {
    await flow;
    throw problem ?? error;
  }
  await flow;
  if (problem !== undefined) throw problem as Error;
}
