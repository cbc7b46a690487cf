import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Input } from "../lib/cache.ts";

/**
 * The files of a folder as inputs of a cache key, sorted by name: each with its path within the folder and its content. Of a
 * TypeScript file only the {@link codeOf code} counts. So a folder that moves, and a comment that changes, make no other image.
 * @param counts Whether a file is part of the key, by its name. @default all
 */
export async function sourceInputs(
  folder: string,
  counts: (name: string) => boolean = () => true,
): Promise<readonly Input[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && counts(entry.name));
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const inputs = await Promise.all(paths.map(sourceInput));
  return paths.flatMap((path, index) => [relative(folder, path), inputs[index] as Input]);
}

/** A file as an input of a cache key. */
export async function sourceInput(path: string): Promise<Input> {
  return path.endsWith(".ts") ? codeOf(await readFile(path, "utf8")) : { file: path };
}

/**
 * A TypeScript text without what cannot change its result: its imports, which name places, and the comments that have lines of
 * their own. A line of a template that looks like such a comment is left out too; the builder has none.
 */
export function codeOf(text: string): string {
  return text
    .replaceAll(/^import [^;]*;\n/gm, "")
    .replaceAll(/^ *\/\*\*[^]*?\*\/\n/gm, "")
    .replaceAll(/^ *\/\/.*\n/gm, "")
    .replaceAll(/\n{2,}/g, "\n")
    .trimStart();
}
