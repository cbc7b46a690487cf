import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { daysBefore } from "./age.ts";
import { cacheRoot, seedFolder } from "./cache-root.ts";
import { inCheckout } from "./checkout.ts";

/** Whether a path in the cache is in use, by the path itself or by the hash in its name. */
export type InUse = (path: string) => boolean;

/**
 * Images that are in use: those that the stacks of a checkout name by path or by hash, and the one of NODEFORGE_IMAGE. The
 * image to which `roll --undo` returns is among them.
 */
export function usedByStacks(folder = inCheckout(), environment: NodeJS.ProcessEnv = process.env): InUse {
  const stacks = readdirSync(folder).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  const texts = stacks.map((name) => readFileSync(join(folder, name), "utf8"));
  const text = [...texts, environment.NODEFORGE_IMAGE ?? ""].join("\n");
  return (path) => {
    const [hash] = /\b[0-9a-f]{64}\b/.exec(path) ?? [];
    return text.includes(path) || (hash !== undefined && text.toLowerCase().includes(hash));
  };
}

/**
 * Removes files of the cache that were not used for a number of days. They are downloaded images with their manifests, downloaded
 * schedulers, partial downloads, and images of seed disks. All of them can be made again. A file in use stays, whatever its age.
 * @returns the removed paths.
 */
export async function pruneFiles(
  days: number,
  inUse: InUse,
  { root = cacheRoot(), seeds = seedFolder(), now = Date.now() } = {},
): Promise<readonly string[]> {
  const folders = [join(root, "images"), join(root, "downloads"), seeds];
  const old = folders
    .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
    // The lock of a download is beside it, and belongs to the process that holds it.
    .filter((path) => !path.endsWith(".lock") && lastUse(path) < daysBefore(days, now) && !inUse(path));
  for (const path of old) await rm(path, { recursive: true, force: true });
  return old;
}

/** Time of the last use. Each use of an image marks it, but keeps its time of creation. A manifest is used with its image. */
function lastUse(path: string): number {
  const own = lstatSync(path, { throwIfNoEntry: false });
  const image = path.endsWith(manifestEnd)
    ? lstatSync(path.slice(0, -manifestEnd.length), { throwIfNoEntry: false })
    : undefined;
  return Math.max(...[own, image].flatMap((found) => (found === undefined ? [] : [found.atimeMs, found.mtimeMs])));
}

const manifestEnd = ".manifest.json";

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
