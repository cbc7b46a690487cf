import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withLock } from "./lock.ts";
import { duration, logLine, type Log } from "./log.ts";
import { sha256Of } from "./digest.ts";
import { reachable, reasonOf } from "./reachability.ts";
import { abandonedFor, reachDisk, unfinishedPath } from "./unfinished.ts";

/** A released file with its expected checksum. */
export interface Release {
  readonly url: string;
  /** SHA-256 in hexadecimal. It has another source than the file, because a server cannot prove its own files. */
  readonly sha256: string;
  /** Largest size in bytes that the file can have. */
  readonly maximum: number;
}

/** Limits of a download. */
export interface DownloadOptions {
  /** Number of attempts, each of which continues the one before. @default 3 */
  readonly attempts?: number;
  /** Milliseconds without a byte after which a connection counts as dead. @default 30_000 */
  readonly silence?: number;
  /** Limit in milliseconds for the whole download. @default 1 hour */
  readonly limit?: number;
  /** Limit in milliseconds of the wait for another process that downloads the file. @default the limit, and a minute */
  readonly wait?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
  /** Ends the download. A later one continues it. */
  readonly signal?: AbortSignal;
}

/** Downloads of {@link downloadEarly}, by path. */
const early = new Map<string, Promise<unknown>>();

/** Error of a downloaded file that is not the released one. */
export class ChecksumError extends Error {}

/**
 * Downloads a release to `path` and checks it. A file that is present already is checked again.
 *
 * An interrupted download continues where it stopped, in this run or the next, if the server allows it. Processes that need
 * the same file wait for the first of them.
 * @returns the path, or undefined if the file is unavailable: server unreachable, file missing, connection lost.
 * @throws {ChecksumError} if the downloaded file has another hash or is too large. The file is removed.
 */
export async function download(
  release: Release,
  path: string,
  options: DownloadOptions = {},
): Promise<string | undefined> {
  await early.get(path);
  return downloadNow(release, path, options);
}

/** {@link download}, without a wait for an early one. */
async function downloadNow(release: Release, path: string, options: DownloadOptions): Promise<string | undefined> {
  const { limit = 60 * 60_000, wait = limit + 60_000, log = logLine } = options;
  if (await isPresent(release, path, log)) return path;
  if (!(await reachable(release.url))) return undefined;
  const work = async () => {
    // Another process may have been quicker. A damaged file was logged above.
    if (await isPresent(release, path, () => undefined)) return path;
    return fetchChecked(release, path, { attempts: 3, silence: 30_000, ...options, limit, log });
  };
  return withLock(path, `downloading ${basename(path)}`, work, { limit: wait, log });
}

/**
 * Begins to download a release that a later step of this process, or a process that it starts, will {@link download}. That one
 * waits for this download, continues it where it ended, and reports a failure. Does nothing if the path has a file, or if
 * another process downloads it.
 */
export async function downloadEarly(
  release: Release,
  path: string,
  signal: AbortSignal,
  options: Pick<DownloadOptions, "limit"> = {},
): Promise<void> {
  const arriving = async () => {
    if ((await stat(path).catch(() => undefined)) !== undefined) return;
    await downloadNow(release, path, { ...options, attempts: 1, wait: 0, log: () => undefined, signal });
  };
  const ended = arriving().catch(() => undefined);
  // Before anything is awaited: a download that begins at once finds it.
  early.set(path, ended);
  await ended;
}

/** Error of a file that its server does not deliver now. */
class Unavailable extends Error {}

/** Whether the path has the released file. The file is read, which takes seconds, because a disk can damage it later. */
async function isPresent({ url, sha256 }: Release, path: string, log: Log): Promise<boolean> {
  const found = await sha256Of(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found !== undefined && found !== sha256) {
    log(`${path} has SHA-256 ${found}, but ${sha256} is expected: it is damaged, and ${url} is downloaded again`);
  }
  return found === sha256;
}

/** Limits of a download, with their defaults. */
type Patience = Required<Omit<DownloadOptions, "wait" | "signal">> & Pick<DownloadOptions, "signal">;

async function fetchChecked(release: Release, path: string, patience: Patience): Promise<string | undefined> {
  const { url, sha256 } = release;
  await mkdir(dirname(path), { recursive: true });
  const { part, isResumed } = await resume(path);
  try {
    const timeout = AbortSignal.timeout(patience.limit);
    const deadline = patience.signal === undefined ? timeout : AbortSignal.any([timeout, patience.signal]);
    let found = await fetchAll(release, part, deadline, patience);
    if (found !== sha256 && isResumed) {
      patience.log(`the partial download of an earlier run does not belong to ${url}: starting again`);
      await rm(part);
      found = await fetchAll(release, part, deadline, patience);
    }
    if (found !== sha256) throw new ChecksumError(`${url} has SHA-256 ${found}, but ${sha256} is expected; refused`);
    await rename(part, path);
    await reachDisk(dirname(path), { recursive: false });
    return path;
  } catch (error) {
    if (error instanceof ChecksumError) await rm(part, { force: true });
    // The next run continues from here.
    else await rename(part, `${path}.part`).catch(() => undefined);
    if (!(error instanceof Unavailable)) throw error;
    patience.log(`${url} is unavailable: ${error.message}`);
    return undefined;
  }
}

/** Returns a path that only this process writes, with the partial download of an earlier run if there is one. */
async function resume(path: string): Promise<{ readonly part: string; readonly isResumed: boolean }> {
  const part = unfinishedPath(path, "part");
  let isResumed = false;
  for (const abandoned of await abandonedFor(path)) {
    if (isResumed) await rm(abandoned, { force: true });
    // After the rename, no other process uses the file.
    else
      isResumed = await rename(abandoned, part).then(
        () => true,
        () => false,
      );
  }
  return { part, isResumed };
}

/** Fetches the missing part, in several attempts if need be, and returns the SHA-256 of the whole file. */
async function fetchAll(release: Release, part: string, deadline: AbortSignal, patience: Patience): Promise<string> {
  const { attempts, limit } = patience;
  for (let attempt = 1; !(await fetchRest(release, part, deadline, patience)); attempt++) {
    if (deadline.aborted) throw new Unavailable(`it did not arrive within ${duration(limit)}`);
    if (attempt >= attempts) throw new Unavailable(`the connection was lost ${attempts} times`);
  }
  return sha256Of(part);
}

/** Appends the missing part to the file; returns false if the connection was lost. */
async function fetchRest(
  { url, maximum }: Release,
  path: string,
  deadline: AbortSignal,
  { silence, log }: Patience,
): Promise<boolean> {
  const present = (await stat(path).catch(() => undefined))?.size ?? 0;
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), silence);
  try {
    const response = await fetch(url, {
      headers: present > 0 ? { range: `bytes=${present}-` } : {},
      signal: AbortSignal.any([stop.signal, deadline]),
    });
    if (response.status === 416) {
      // The partial file has the length of the release, or more. Its checksum decides whether it is the release.
      const length = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
      await response.body?.cancel();
      if (length === present) return true;
      await rm(path);
      return false;
    }
    if (!response.ok || !response.body) throw new Unavailable(`status ${response.status}`);
    const resumed = response.status === 206;
    if (resumed) log(`continuing ${url} at byte ${present}`);
    const before = resumed ? present : 0;
    if (before + Number(response.headers.get("content-length")) > maximum) {
      await response.body.cancel();
      throw tooLarge(url, maximum);
    }
    const alive = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), silence);
        yield chunk;
      }
    };
    const limited = (chunks: AsyncIterable<Uint8Array>) => atMost(chunks, maximum - before, tooLarge(url, maximum));
    const file = createWriteStream(path, { flags: resumed ? "a" : "w", flush: true });
    await pipeline(Readable.fromWeb(response.body), alive, limited, file);
    return true;
  } catch (error) {
    if (error instanceof Unavailable || error instanceof ChecksumError) throw error;
    // Another attempt does not help if the disk refuses the data.
    if ((error as NodeJS.ErrnoException).syscall === "write") throw error;
    log(`${url} was interrupted: ${reasonOf(error)}`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(url: string, maximum: number): ChecksumError {
  return new ChecksumError(`${url} is larger than the expected maximum of ${maximum} bytes; refused`);
}

/** Passes chunks through. @throws `error` at more than `maximum` bytes. */
async function* atMost(chunks: AsyncIterable<Uint8Array>, maximum: number, error: Error): AsyncIterable<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maximum) throw error;
    yield chunk;
  }
}

/**
 * Downloads a small file as text; returns undefined if it is unavailable for any reason.
 * @throws if it is larger than `maximum` bytes.
 */
export async function downloadText(url: string, maximum = 1 << 20): Promise<string | undefined> {
  if (!(await reachable(url))) return undefined;
  const tooMuch = new Error(`${url} is larger than the expected maximum of ${maximum} bytes`);
  try {
    // The file has a few kilobytes. A server that takes longer is too slow for everything else, too.
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok || !response.body) return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of atMost(response.body, maximum, tooMuch)) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  } catch (error) {
    if (error === tooMuch) throw error;
    return undefined;
  }
}
