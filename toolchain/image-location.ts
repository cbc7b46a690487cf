import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "./cache-root.ts";

/**
 * The node image to use when nothing names one: NODEFORGE_IMAGE, else the image in the cache that was used last;
 * undefined when there is none. Reads directories only, because the Pulumi program calls it on every run.
 */
export function defaultImage(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  if (environment.NODEFORGE_IMAGE) return environment.NODEFORGE_IMAGE;
  const root = cacheRoot(environment);
  return entries(root)
    .filter((name) => /^node-image-[0-9a-f]+$/.test(name))
    .map((name) => ({ path: join(root, name, "node.qcow2"), used: modified(join(root, name)) }))
    .filter(({ path }) => modified(path) !== undefined)
    .sort((one, other) => (other.used ?? 0) - (one.used ?? 0))[0]?.path;
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function modified(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
