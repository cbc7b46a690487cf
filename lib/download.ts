import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withLock } from "./lock.ts";
import { duration, logLine, type Log } from "./log.ts";
import { sha256Of } from "./digest.ts";
import { reachable, reasonOf } from "./reachability.ts";
import { leftOversOf, reachDisk, unfinishedPath } from "./unfinished.ts";

/** A released file, and what it must be. */
export interface Release {
  readonly url: string;
  /** SHA-256 in hexadecimal. It comes from elsewhere than the file: a server that vouches for itself proves nothing. */
  readonly sha256: string;
  /** Bytes beyond which it is not the file. */
  readonly maximum: number;
}

/** How patient a download is. */
export interface DownloadOptions {
  /** How often an interrupted download is taken up again. @default 3 */
  readonly attempts?: number;
  /** Milliseconds without a byte after which a connection counts as dead. @default 30_000 */
  readonly silence?: number;
  /** Milliseconds that all of it may take. @default 1 hour */
  readonly limit?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** A downloaded file is not the released one. */
export class ChecksumError extends Error {}

/**
 * Puts a release at `path`: downloaded and checked, or already there and checked again.
 *
 * An interrupted download goes on where it stopped, in this run or the next, when the server allows it. Processes that want
 * the same file wait for the first of them.
 * @returns the path, or undefined when the file is not to be had: place unreachable, file absent, connection lost.
 * @throws {ChecksumError} when what comes has another hash or is too large; nothing of it stays.
 */
export async function download(
  release: Release,
  path: string,
  options: DownloadOptions = {},
): Promise<string | undefined> {
  const { limit = 60 * 60_000, log = logLine } = options;
  if (await isThere(release, path, log)) return path;
  if (!(await reachable(release.url))) return undefined;
  const work = async () => {
    // Another process may have been quicker; what is damaged was said above.
    if (await isThere(release, path, () => undefined)) return path;
    return fetchChecked(release, path, { attempts: 3, silence: 30_000, ...options, limit, log });
  };
  return withLock(path, `downloading ${basename(path)}`, work, { limit: limit + 60_000, log });
}

/** The file cannot be had from its place now; something else may do instead. */
class Unavailable extends Error {}

/** Whether the file is at its path. A disk can change what was right once, so it is read; that takes seconds. */
async function isThere({ url, sha256 }: Release, path: string, log: Log): Promise<boolean> {
  const found = await sha256Of(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found !== undefined && found !== sha256) {
    log(`${path} has SHA-256 ${found}, but ${sha256} is expected: it is damaged, and ${url} is downloaded again`);
  }
  return found === sha256;
}

async function fetchChecked(
  release: Release,
  path: string,
  patience: Required<DownloadOptions>,
): Promise<string | undefined> {
  const { url, sha256 } = release;
  await mkdir(dirname(path), { recursive: true });
  const { part, isLeft } = await takeUp(path);
  try {
    const deadline = AbortSignal.timeout(patience.limit);
    let found = await fetchAll(release, part, deadline, patience);
    if (found !== sha256 && isLeft) {
      patience.log(`what an earlier run left of ${url} does not belong to it: starting again`);
      await rm(part);
      found = await fetchAll(release, part, deadline, patience);
    }
    if (found !== sha256) throw new ChecksumError(`${url} has SHA-256 ${found}, but ${sha256} is expected; refused`);
    await rename(part, path);
    await reachDisk(dirname(path), { recursive: false });
    return path;
  } catch (error) {
    if (error instanceof ChecksumError) await rm(part, { force: true });
    // The next run goes on from here.
    else await rename(part, `${path}.part`).catch(() => undefined);
    if (!(error instanceof Unavailable)) throw error;
    patience.log(`${url} is not to be had: ${error.message}`);
    return undefined;
  }
}

/** A name that only this process writes to, with what an earlier run left of the file. */
async function takeUp(path: string): Promise<{ readonly part: string; readonly isLeft: boolean }> {
  const part = unfinishedPath(path, "part");
  let isLeft = false;
  for (const left of await leftOversOf(path)) {
    if (isLeft) await rm(left, { force: true });
    // Renamed, it is nobody else's any more.
    else
      isLeft = await rename(left, part).then(
        () => true,
        () => false,
      );
  }
  return { part, isLeft };
}

/** Fetches what is missing, taking up again what breaks; returns the SHA-256 of all of it. */
async function fetchAll(
  release: Release,
  part: string,
  deadline: AbortSignal,
  patience: Required<DownloadOptions>,
): Promise<string> {
  const { attempts, limit } = patience;
  for (let attempt = 1; !(await fetchRest(release, part, deadline, patience)); attempt++) {
    if (deadline.aborted) throw new Unavailable(`it did not arrive within ${duration(limit)}`);
    if (attempt >= attempts) throw new Unavailable(`the connection was lost ${attempts} times`);
  }
  return sha256Of(part);
}

/** Adds what is still missing to the file; false when the connection broke on the way. */
async function fetchRest(
  { url, maximum }: Release,
  path: string,
  deadline: AbortSignal,
  { silence, log }: Required<DownloadOptions>,
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
      // What is there is as long as the file or longer: whether it is the file, the checksum says.
      const length = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
      await response.body?.cancel();
      if (length === present) return true;
      await rm(path);
      return false;
    }
    if (!response.ok || !response.body) throw new Unavailable(`status ${response.status}`);
    const resumed = response.status === 206;
    if (resumed) log(`going on with ${url} at byte ${present}`);
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
    // What the disk does not take, no other attempt brings.
    if ((error as NodeJS.ErrnoException).syscall === "write") throw error;
    log(`${url} was interrupted: ${reasonOf(error)}`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(url: string, maximum: number): ChecksumError {
  return new ChecksumError(`${url} is larger than ${maximum} bytes, which it must not be; refused`);
}

/** Hands on what comes. @throws `error` when there is more than `maximum` bytes of it. */
async function* atMost(chunks: AsyncIterable<Uint8Array>, maximum: number, error: Error): AsyncIterable<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maximum) throw error;
    yield chunk;
  }
}

/**
 * A small file of the web as text; undefined when it is not to be had, for whatever reason.
 * @throws when it is larger than `maximum` bytes.
 */
export async function downloadText(url: string, maximum = 1 << 20): Promise<string | undefined> {
  if (!(await reachable(url))) return undefined;
  const tooMuch = new Error(`${url} is larger than ${maximum} bytes, which it must not be`);
  try {
    // A few kilobytes; a server that takes longer will not be quicker with anything else.
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
