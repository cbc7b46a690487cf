import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { daysBefore } from "./age.ts";
import { cacheRoot, seedFolder } from "./cache-root.ts";
import { inCheckout } from "./checkout.ts";

/** Whether something of the cache is in use, by the path or by the hash in its name. */
export type InUse = (path: string) => boolean;

/**
 * What the stacks of a checkout say is in use: an image they name by path or by hash, also the one that `roll --undo` goes
 * back to, and the one of NODEFORGE_IMAGE.
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
 * Removes files of the cache that nothing has used for so many days: downloaded images with their manifests, downloads that
 * broke off, images of seed disks. All of them are had again when they are wanted. What is in use stays, whatever its age.
 * @returns paths of what was removed.
 */
export async function pruneFiles(
  days: number,
  inUse: InUse,
  { root = cacheRoot(), seeds = seedFolder(), now = Date.now() } = {},
): Promise<readonly string[]> {
  const folders = [join(root, "images"), join(root, "downloads"), seeds];
  const old = folders
    .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
    // The lock of a download is a folder beside it, and its holder's.
    .filter((path) => !path.endsWith(".lock") && lastUse(path) < daysBefore(days, now) && !inUse(path));
  for (const path of old) await rm(path, { recursive: true, force: true });
  return old;
}

/** When a file was last used: an image is marked at each use, which leaves alone when it was made. A manifest is as its image. */
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
