import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import { download } from "./download.ts";
import { parseManifest, readManifest } from "./image-manifest.ts";
import { manifestPlace, type ImageManifest } from "./node-image/manifest.ts";
import { reachable } from "./reachability.ts";

/** A node image as the stack names it. */
interface Image {
  /** Path or URL. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal. */
  readonly sha256: string;
}

/** Whether an image is named by URL. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/**
 * The image as a file of this machine: one that is named by URL is downloaded once, into the cache, under its hash.
 * @throws {ChecksumError} when what is downloaded has another hash; an Error when it is not to be had.
 */
export async function localImage<T extends Image>(image: T, root = cacheRoot()): Promise<T> {
  if (!isUrl(image.source)) return image;
  const path = cached(image, root);
  // The download has this name only once its hash was right.
  if (!existsSync(path) && (await download({ url: image.source, sha256: image.sha256 }, path)) === undefined) {
    throw new Error(`the node image ${image.source} is not to be had`);
  }
  return { ...image, source: path };
}

/**
 * The manifest of an image that is named by URL, downloaded once from beside it; undefined where there is none.
 * @throws when there is one that cannot be read.
 */
export async function downloadManifest(image: Image, root = cacheRoot()): Promise<ImageManifest | undefined> {
  const path = cached(image, root);
  const known = readManifest(path);
  if (known !== undefined) return known;
  const url = manifestPlace(image.source);
  const text = await textAt(url);
  if (text === undefined) return undefined;
  let manifest: ImageManifest;
  try {
    manifest = parseManifest(text);
  } catch (error) {
    throw new Error(`${url} is no manifest: ${(error as Error).message}`, { cause: error });
  }
  // One that is another image's is not kept, or the mended one would never be asked for.
  if (manifest.sha256 === image.sha256) await keep(manifestPlace(path), text);
  return manifest;
}

function cached({ sha256 }: Image, root: string): string {
  return join(root, "images", `${sha256}.qcow2`);
}

/** A small file of the web; undefined when it is not to be had, for whatever reason: the guest judges its image as well. */
async function textAt(url: string): Promise<string | undefined> {
  if (!(await reachable(url))) return undefined;
  try {
    // A few kilobytes; a server that takes longer will not be quicker with the image.
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

async function keep(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(fresh, text);
  await rename(fresh, path);
}
