import { homedir } from "node:os";
import { join } from "node:path";

/** Folder of the cache: NODEFORGE_CACHE, else nodeforge under XDG_CACHE_HOME, else ~/.cache/nodeforge. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const { NODEFORGE_CACHE, XDG_CACHE_HOME } = environment;
  return NODEFORGE_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "nodeforge");
}
