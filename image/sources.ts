import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Input } from "../lib/cache.ts";

/**
 * Returns the files of a folder as inputs of a cache key, sorted by path: the path of each within the folder, and its content.
 * Only the {@link codeOf code} of a TypeScript file counts. So neither a new place of the folder nor a comment changes the key.
 * @param counts Returns whether a file is part of the key, by its name. @default all are
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

/** Returns a file as an input of a cache key. */
export async function sourceInput(path: string): Promise<Input> {
  return path.endsWith(".ts") ? codeOf(await readFile(path, "utf8")) : { file: path };
}

/**
 * Returns a TypeScript text without imports and without comments on separate lines, because neither changes the built image. It
 * would also drop a line of a template that looks like such a comment. The builder has none.
 */
export function codeOf(text: string): string {
  return text
    .replaceAll(/^import [^;]*;\n/gm, "")
    .replaceAll(/^ *\/\*\*[^]*?\*\/\n/gm, "")
    .replaceAll(/^ *\/\/.*\n/gm, "")
    .replaceAll(/\n{2,}/g, "\n")
    .trimStart();
}
