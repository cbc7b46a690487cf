import { FileLock } from "./file-lock.ts";
import { duration, logLine, type Log } from "./log.ts";

/** How long to wait for another process, and how to say so. */
export interface LockOptions {
  /** Milliseconds to wait for the other process. @default 60 minutes */
  readonly limit?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/**
 * Runs work that no other process does at the same time.
 *
 * The lock ends with its holder: one that died makes nobody wait, and one that sleeps or stands still keeps it.
 * @param path File that stands for the work; its folder is made when it does not exist.
 * @param what What the holder is doing, for those who wait.
 * @throws when another process still holds the lock after `limit` milliseconds.
 */
export async function withLock<T>(
  path: string,
  what: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lock = await take(path, what, options);
  try {
    return await work();
  } finally {
    lock.release({ remove: true });
  }
}

async function take(path: string, what: string, options: LockOptions): Promise<FileLock> {
  const { limit = 60 * 60_000, log = logLine } = options;
  const file = `${path}.lock`;
  const started = performance.now();
  let waited = 0;
  let lock = await FileLock.take(file);
  while (lock === undefined) {
    if (waited >= limit) {
      throw new Error(`another process was still ${what} after ${duration(limit)}; it holds ${file}`);
    }
    log(`waiting for another process that is ${what} (${duration(waited)}, at most ${duration(limit)})`);
    lock = await FileLock.take(file, { wait: Math.min(30_000, limit - waited) });
    waited = performance.now() - started;
  }
  return lock;
}
