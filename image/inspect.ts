import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { sha256Of } from "../lib/digest.ts";
import { headerBytes, readQcow2, type Qcow2Header } from "./qcow2.ts";

/** Header and hash of an image's file. */
export interface ImageFile extends Qcow2Header {
  /** SHA-256 of the file in hexadecimal. */
  readonly sha256: string;
}

/** Reads the header and the hash of an image's file; undefined when it cannot be read. */
export async function inspectImage(path: string): Promise<ImageFile | undefined> {
  try {
    if (!(await stat(path)).isFile()) return undefined;
    return { sha256: await imageDigest(path), ...readHeader(path) };
  } catch {
    return undefined;
  }
}

/** Reads the header of an image's file. @throws when it cannot be read. */
export function readHeader(path: string): Qcow2Header {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(headerBytes);
    return readQcow2(bytes.subarray(0, readSync(file, bytes, 0, headerBytes, 0)));
  } finally {
    closeSync(file);
  }
}

const digests = new Map<string, Promise<string>>();

/**
 * Returns the SHA-256 of an image's file, in hexadecimal. A process hashes each file once, because that takes seconds. A file
 * that has been written since is hashed again.
 * @throws when it cannot be read.
 */
export async function imageDigest(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const version = [dev, ino, size, mtimeNs, ctimeNs].join(":");
  const digest = digests.get(version) ?? sha256Of(path);
  digests.set(version, digest);
  digest.catch(() => digests.delete(version));
  return digest;
}
