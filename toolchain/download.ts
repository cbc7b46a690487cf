import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { say, type Log } from "./log.ts";
import { reachable, reasonOf } from "./reachability.ts";

/** A released file and its SHA-256, or where that stands. */
export type Release = { readonly url: string } & (
  | {
      /** URL of the project's list of checksums: lines of a hash and a file name, or one hash alone. */
      readonly checksums: string;
    }
  | {
      /** 64 hexadecimal digits, known beforehand. */
      readonly sha256: string;
    }
);

/** How patient a download is. */
export interface DownloadOptions {
  /** How often an interrupted download is taken up again. @default 3 */
  readonly attempts?: number;
  /** Milliseconds without a byte after which a connection counts as dead. @default 30_000 */
  readonly silence?: number;
  /** @default {@link say} */
  readonly log?: Log;
}

/** A downloaded file is not the released one, or nobody says what the released one is. */
export class ChecksumError extends Error {}

/**
 * Downloads a release, checks it and puts it at `path`.
 *
 * An interrupted download goes on where it stopped, in this run or the next, when the server allows it.
 * @returns the path, or undefined when the file is not to be had: place unreachable, file absent, connection lost.
 * @throws {ChecksumError} when the checksum is wrong or missing; nothing is left at `path` then.
 */
export async function download(
  release: Release,
  path: string,
  options: DownloadOptions = {},
): Promise<string | undefined> {
  const { attempts = 3, silence = 30_000, log = say } = options;
  const listed = "checksums" in release;
  const places = await Promise.all([release.url, ...(listed ? [release.checksums] : [])].map(reachable));
  if (places.includes(false)) return undefined;
  const unfinished = `${path}.part`;
  try {
    const wanted = listed ? await publishedHash(release.url, release.checksums, silence) : release.sha256;
    await mkdir(dirname(path), { recursive: true });
    for (let attempt = 1; !(await fetchRest(release.url, unfinished, silence, log)); attempt++) {
      if (attempt >= attempts) throw new Unavailable(`the connection was lost ${attempts} times`);
    }
    const found = await hashOf(unfinished);
    if (found !== wanted) {
      await rm(unfinished);
      const witness = listed ? `${release.checksums} says` : "expected is";
      throw new ChecksumError(`${release.url} has SHA-256 ${found}, but ${witness} ${wanted}; refused`);
    }
    await rename(unfinished, path);
    return path;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log(`${release.url} is not to be had: ${error.message}`);
    return undefined;
  }
}

/** The file cannot be had from its place now; something else may do instead. */
class Unavailable extends Error {}

async function publishedHash(url: string, checksums: string, silence: number): Promise<string> {
  const response = await request(checksums, silence);
  const text = await response.text();
  const wanted = basename(new URL(url).pathname);
  const lines = text
    .trim()
    .split("\n")
    .map((line) => /^([0-9a-fA-F]{64})(?:\s+\*?(?:.*\/)?(\S+))?\s*$/.exec(line));
  const line = lines.find((match) => match && (match[2] === wanted || (match[2] === undefined && lines.length === 1)));
  if (!line?.[1]) throw new ChecksumError(`${checksums} has no SHA-256 of ${wanted}; refused`);
  return line[1].toLowerCase();
}

/** Adds what is still missing to the file; false when the connection broke on the way. */
async function fetchRest(url: string, path: string, silence: number, log: Log): Promise<boolean> {
  const present = (await stat(path).catch(() => undefined))?.size ?? 0;
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), silence);
  try {
    const response = await fetch(url, {
      headers: present > 0 ? { range: `bytes=${present}-` } : {},
      signal: stop.signal,
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
    const alive = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), silence);
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(response.body), alive, createWriteStream(path, { flags: resumed ? "a" : "w" }));
    return true;
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    log(`${url} was interrupted: ${reasonOf(error)}`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function request(url: string, limit: number): Promise<Response> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(limit) });
    if (!response.ok) throw new Unavailable(`${url} answers ${response.status}`);
    return response;
  } catch (error) {
    throw error instanceof Unavailable ? error : new Unavailable(reasonOf(error));
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
