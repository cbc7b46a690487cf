import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";

/** SHA-256 of a file, in hexadecimal. It is read in pieces, because a node image is larger than a Buffer can be. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** How {@link replaceFile} writes. */
export interface ReplaceOptions {
  /** Permission bits of the new file, whatever the old file had. @default 0o666 without the bits of the umask */
  readonly mode?: number;
  /** Whether the text reaches the disk before the file gets its name. @default false */
  readonly flush?: boolean;
}

/**
 * Writes a file by renaming: a reader finds the old text or the new text, never a part of it. The folder must exist.
 *
 * A symbolic link at `path` is replaced and not followed, because its target may be a file of another user. The npm package
 * write-file-atomic follows such a link, and opens a temporary file of a predictable name.
 */
export async function replaceFile(path: string, text: string, options: ReplaceOptions = {}): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  try {
    await writeFile(fresh, text, { ...options, flag: "wx" });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}
