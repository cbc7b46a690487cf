import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Folder of the cache: NODEFORGE_CACHE, else nodeforge under XDG_CACHE_HOME, else ~/.cache/nodeforge. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.NODEFORGE_CACHE || ownCache(environment);
}

/**
 * Folder of the seed disks' images. It belongs to the user alone: NODEFORGE_CACHE, which users may share, does not move it.
 * Plain `pulumi` uses it, too.
 */
export function seedFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(ownCache(environment), "seeds");
}

function ownCache({ XDG_CACHE_HOME = "" }: NodeJS.ProcessEnv): string {
  // The XDG Base Directory Specification (0.8) says that a relative path is invalid and must be ignored.
  return join(isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache"), "nodeforge");
}
