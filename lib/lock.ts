import { FileLock } from "./file-lock.ts";
import { duration, logLine, type Log } from "./log.ts";

/** Limit and log of a wait for another process. */
export interface LockOptions {
  /** Milliseconds to wait for the other process. @default 60 minutes */
  readonly limit?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/**
 * Runs work that no other process does at the same time.
 *
 * The lock ends with the process that holds it, so no process waits for a dead one. A suspended process keeps its lock.
 * @param path File that identifies the work. Its folder is created if it is missing.
 * @param description Description of the work for processes that wait, e.g. `building etcd`.
 * @throws if another process still holds the lock after `limit` milliseconds.
 */
export async function withLock<T>(
  path: string,
  description: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lock = await take(path, description, options);
  try {
    return await work();
  } finally {
    lock.release({ remove: true });
  }
}

async function take(path: string, description: string, options: LockOptions): Promise<FileLock> {
  const { limit = 60 * 60_000, log = logLine } = options;
  const file = `${path}.lock`;
  const started = performance.now();
  let waited = 0;
  let lock = await FileLock.take(file);
  while (lock === undefined) {
    if (waited >= limit) {
      throw new Error(`another process was still ${description} after ${duration(limit)}; it holds ${file}`);
    }
    log(`waiting for another process that is ${description} (${duration(waited)}, at most ${duration(limit)})`);
    lock = await FileLock.take(file, { wait: Math.min(30_000, limit - waited) });
    waited = performance.now() - started;
  }
  return lock;
}
