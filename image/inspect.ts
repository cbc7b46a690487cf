import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { imageDigest } from "./digest.ts";
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
