import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { sha256, sha256Of } from "../lib/digest.ts";
import type { GoModule } from "./go-module.ts";
import document from "./release.json" with { type: "json" };
import { versions } from "./versions.ts";

/** A released file of this project. */
export interface ReleasePin {
  /** SHA-256 of the file in hexadecimal. */
  readonly sha256: string;
  /** {@link sourcesOf} the programs in it. Another checkout builds its programs itself. */
  readonly sources: string;
}

/** The release whose files this checkout may use. */
export interface ReleasePins {
  /** URL of the folder with the files; "" for none. */
  readonly url: string;
  /** Files by name. */
  readonly assets: Readonly<Record<string, ReleasePin>>;
}

/** The pins of release.json. tools/release-assets.ts prints them. */
export const releasePins: ReleasePins = document;

/** File that has the {@link releasePins}, for the log. */
export const releasePinsFile = "tools/release.json";

/** Returns the name of the file with the programs of a module, for this machine's processor. */
export function assetOf({ name }: Pick<GoModule, "name">): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return `${name}-linux-${architecture}.tar.gz`;
}

/**
 * Returns a hash of what decides the programs of a module: its files, the programs with their flags, and the compiler's version.
 * Needs no Go.
 */
export async function sourcesOf({ folder, programs }: Pick<GoModule, "folder" | "programs">): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /^(go\.(mod|sum)|.*(?<!_test)\.go|.*\.json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files = await Promise.all(paths.map(async (path) => [relative(folder, path), await sha256Of(path)]));
  return sha256(JSON.stringify([versions.go, programs, files]));
}
