import { mkdir, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "../lib/cache-root.ts";
import { download, downloadText } from "../lib/download.ts";
import { replaceFile } from "../lib/files.ts";
import { parseManifest, readManifest } from "./manifest-reader.ts";
import { isUrl, type ImageReference } from "./location.ts";
import { manifestPlace, type ImageManifest } from "./manifest.ts";

/** A node image has a few GiB; one that is larger than this fills the disk instead. */
const maximum = 64 * 2 ** 30;

/** Milliseconds that an image may take to arrive: 4 GiB at 2 Mbit/s take five hours. */
const limit = 6 * 60 * 60_000;

/**
 * The image as a file of this machine: one that is named by URL is downloaded once, into the cache, under its hash. Its hash
 * is taken again every time, because a volume of that name is made of it.
 * @throws {ChecksumError} when what is downloaded has another hash; an Error when it is not to be had.
 */
export async function localImage<T extends ImageReference>(image: T, root = cacheRoot()): Promise<T> {
  if (!isUrl(image.source)) return image;
  const path = cached(image, root);
  const release = { url: image.source, sha256: image.sha256, maximum };
  if ((await download(release, path, { limit })) === undefined) {
    throw new Error(`the node image ${image.source} is not to be had`);
  }
  // Tells `npm run cache -- prune` that it is in use; when it was made stays as it is.
  await utimes(path, new Date(), (await stat(path)).mtime);
  return { ...image, source: path };
}

/**
 * The manifest of an image that is named by URL, downloaded once from beside it; undefined where there is none.
 * @throws when there is one that cannot be read.
 */
export async function downloadManifest(image: ImageReference, root = cacheRoot()): Promise<ImageManifest | undefined> {
  const path = cached(image, root);
  const known = keptManifest(path);
  if (known !== undefined) return known;
  const url = manifestPlace(image.source);
  // Without one the guest judges its image as well.
  const text = await downloadText(url);
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

function cached({ sha256 }: ImageReference, root: string): string {
  return join(root, "images", `${sha256}.qcow2`);
}

/** The manifest that was downloaded before; one that a disk has damaged is downloaded again. */
function keptManifest(path: string): ImageManifest | undefined {
  try {
    return readManifest(path);
  } catch {
    return undefined;
  }
}

async function keep(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, text, { flush: true });
}
