import { rm } from "node:fs/promises";
import { join } from "node:path";
import { artifact, lookUp, type Recipe } from "../lib/cache.ts";
import { download, downloadEarly } from "../lib/download.ts";
import { logLine } from "../lib/log.ts";
import type { Transfer } from "../lib/transfers.ts";
import { pinsFile, type Pins } from "./versions.ts";

/** Programs that their project releases as one file. */
export interface ReleasedPrograms extends Pick<Recipe, "name" | "estimate" | "verb" | "checkedBy"> {
  /** Name for the log, e.g. `Pulumi`. */
  readonly title: string;
  /** Name of the file, and of its checksum in versions.json. */
  readonly file: string;
  readonly url: string;
  /** Largest accepted size of the file in bytes. */
  readonly maximum: number;
  /** Puts the programs of the downloaded file into a folder. */
  readonly unpack: (file: string, folder: string) => Promise<void>;
}

/** Cache and checksums of released programs; replaced in tests. */
export interface ReleasePlaces {
  /** Folder of the cache. */
  readonly root: string;
  readonly sums: Pins;
}

/**
 * Returns the folder of released programs, which are downloaded and checked unless the cache has them.
 * @returns undefined if the file has no known checksum, or is unavailable.
 * @throws {ChecksumError} if the file has another checksum.
 */
export async function releasedFolder(programs: ReleasedPrograms, places: ReleasePlaces): Promise<string | undefined> {
  const { title, file } = programs;
  const found = describe(programs, places);
  if (found === undefined) {
    logLine(`${title} is built, not downloaded: ${pinsFile} has no SHA-256 of ${file}`);
    return undefined;
  }
  const { recipe, release, path } = found;
  const { present } = await lookUp(recipe, places.root);
  if (!present && (await download(release, path)) === undefined) return undefined;
  return artifact(recipe, places.root);
}

/** Whether the cache has the programs of a release. */
export async function isUnpacked(programs: ReleasedPrograms, places: ReleasePlaces): Promise<boolean> {
  const found = describe(programs, places);
  return found !== undefined && (await lookUp(found.recipe, places.root)).present;
}

/** Returns the transfer of a file that {@link releasedFolder} will need. It does nothing where that one downloads nothing. */
export function releaseTransfer(programs: ReleasedPrograms, places: ReleasePlaces): Transfer {
  return {
    name: programs.file,
    fetch: async (signal) => {
      const found = describe(programs, places);
      if (found === undefined || (await isUnpacked(programs, places))) return;
      await downloadEarly(found.release, found.path, signal);
    },
  };
}

function describe(programs: ReleasedPrograms, { root, sums }: ReleasePlaces) {
  const { file, url, maximum, unpack, ...words } = programs;
  const sha256 = sums[file];
  if (sha256 === undefined) return undefined;
  const path = join(root, "downloads", file);
  const recipe: Recipe = {
    checkedBy: pinsFile,
    ...words,
    inputs: [url, sha256],
    build: async (folder) => {
      await unpack(path, folder);
      await rm(path);
    },
  };
  return { path, recipe, release: { url, sha256, maximum } };
}
