import { chmod, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../../lib/cache-root.ts";
import { ChecksumError, download } from "../../../lib/download.ts";
import { withProgress } from "../../../lib/log.ts";

/** Largest size of a program in bytes: 1 GiB. kube-scheduler has less than a tenth of it. */
const maximum = 2 ** 30;

const copyFix = "name a copy on this machine";

/**
 * Downloads a scheduler's program into the cache once, under its hash, and makes it executable. Logs that it downloads. An
 * interrupted download is continued by the next one.
 * @param sha256 SHA-256 in lower-case hexadecimal.
 * @returns the path of the program in the cache.
 * @throws with a sentence about "it" if the program is unavailable, too large or another one.
 */
export async function downloadProgram(url: string, sha256: string): Promise<string> {
  // `npm run cache -- prune` removes files of this folder that nothing has used for long.
  const path = join(cacheRoot(), "downloads", `scheduler-${sha256}`);
  const work = () => downloadTo(path, url, sha256);
  const isCached = (await stat(path).catch(() => undefined)) !== undefined;
  await (isCached ? work() : withProgress(`downloading ${url} (at most 1 GiB)`, work));
  const now = new Date();
  await utimes(path, now, now);
  // The file may be that of another user who shares the cache, and only its owner can change the mode.
  if (((await stat(path)).mode & 0o111) === 0) await chmod(path, 0o755);
  return path;
}

async function downloadTo(path: string, url: string, sha256: string): Promise<void> {
  try {
    if ((await download({ url, sha256, maximum }, path)) !== undefined) return;
  } catch (error) {
    if (!(error instanceof ChecksumError)) throw error;
    throw new Error(`${error.message.replace(`${url} `, "it ")}. Fix: name the right program, or correct sha256`, {
      cause: error,
    });
  }
  throw new Error(
    process.env.NODEFORGE_OFFLINE === "1"
      ? `it cannot be downloaded with NODEFORGE_OFFLINE=1. Fix: unset the variable, or ${copyFix}`
      : `it cannot be downloaded. Fix: check the URL and the network, or ${copyFix}`,
  );
}
