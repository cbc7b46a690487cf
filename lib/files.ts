import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";

/** How {@link replaceFile} writes. */
export interface ReplaceOptions {
  /** Permission bits of the new file, whatever the old file had. @default 0o666 without the bits of the umask */
  readonly mode?: number;
  /** Whether the content reaches the disk before the file gets its name. @default false */
  readonly flush?: boolean;
}

/**
 * Writes a file by renaming: a reader finds the old content or the new one, never a part of it. The folder must exist.
 *
 * A symbolic link at `path` is replaced and not followed, because its target may be a file of another user. The npm package
 * write-file-atomic follows such a link, and opens a temporary file of a predictable name.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  try {
    await writeFile(fresh, content, { ...options, flag: "wx" });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Returns the text of a file; "" when it is missing. */
export function readOptional(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
