import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { duration, say, type Log } from "./log.ts";

/** How long to wait for another process, and how to say so. */
export interface LockOptions {
  /** Milliseconds to wait for the other process. @default 60 minutes */
  readonly limit?: number;
  /** Milliseconds without a sign of life after which a lock is taken over. @default 20_000 */
  readonly stale?: number;
  /** @default {@link say} */
  readonly log?: Log;
}

/**
 * Runs work that no other process does at the same time.
 *
 * The holder renews the lock while it works; one that died is taken over after `stale` milliseconds.
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
  const release = await take(path, what, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function take(path: string, what: string, options: LockOptions): Promise<() => Promise<void>> {
  const { limit = 60 * 60_000, stale = 20_000, log = say } = options;
  await mkdir(dirname(path), { recursive: true });
  const started = Date.now();
  let said = -Infinity;
  for (;;) {
    try {
      return await lock(path, {
        lockfilePath: `${path}.lock`,
        realpath: false,
        stale,
        // A machine that slept wakes up with its lock taken over; what the work made is put in place atomically, so
        // finishing it does no harm.
        onCompromised: (error) => log(`lost the lock while ${what}: ${error.message}`),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    }
    const waited = Date.now() - started;
    if (waited >= limit) {
      throw new Error(`another process was still ${what} after ${duration(limit)}; it holds ${path}.lock`);
    }
    if (waited - said >= 30_000) {
      said = waited;
      log(`waiting for another process that is ${what} (${duration(waited)}, at most ${duration(limit)})`);
    }
    await sleep(Math.min(500, limit - waited));
  }
}
