import { mkdir, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "../lib/cache-root.ts";
import { download, downloadEarly, downloadText, type Release } from "../lib/download.ts";
import { replaceFile } from "../lib/files.ts";
import type { Transfer } from "../lib/transfers.ts";
import { mismatches } from "./mismatch.ts";
import { parseManifest, readManifest } from "./manifest-reader.ts";
import { isUrl, type ImageReference } from "./location.ts";
import { manifestPlace, type ImageManifest } from "./manifest.ts";

/** Limit of an image's size in bytes. A node image has a few GiB; a file above the limit would only fill the disk. */
const maximum = 64 * 2 ** 30;

/** Time limit of a download, in milliseconds. 4 GiB at 2 Mbit/s take five hours. */
const limit = 6 * 60 * 60_000;

/**
 * Returns an image as a file of this machine. An image named by URL is downloaded into the cache once, under its hash. It is
 * hashed again each time, because its hash names a volume.
 * @throws {ChecksumError} when the downloaded file has another hash; an Error when the download fails.
 */
export async function localImage<T extends ImageReference>(image: T, root = cacheRoot()): Promise<T> {
  if (!isUrl(image.source)) return image;
  const path = cached(image, root);
  if ((await download(releaseOf(image), path, { limit })) === undefined) {
    throw new Error(`the node image ${image.source} cannot be downloaded`);
  }
  // `npm run cache -- prune` keeps files that were used recently. The modification time stays.
  await utimes(path, new Date(), (await stat(path)).mtime);
  return { ...image, source: path };
}

/**
 * Returns the transfer of an image that {@link localImage} will need. It does nothing for an image of this machine, and for one
 * that its hash or its manifest makes unsuitable.
 */
export function imageTransfer(image: ImageReference, root = cacheRoot()): Transfer {
  return {
    name: image.source,
    fetch: async (signal) => {
      if (!isUrl(image.source) || !/^[0-9a-f]{64}$/.test(image.sha256)) return;
      const manifest = await downloadManifest(image, root);
      if (manifest !== undefined && mismatches(manifest, image.sha256).length > 0) return;
      await downloadEarly(releaseOf(image), cached(image, root), signal, { limit });
    },
  };
}

/**
 * Returns the manifest of an image named by URL, which is downloaded once; undefined when there is none.
 * @throws when the manifest cannot be parsed.
 */
export async function downloadManifest(image: ImageReference, root = cacheRoot()): Promise<ImageManifest | undefined> {
  const path = cached(image, root);
  const known = keptManifest(path);
  if (known !== undefined) return known;
  const url = manifestPlace(image.source);
  // Without a manifest, a node checks its image when it boots.
  const text = await downloadText(url);
  if (text === undefined) return undefined;
  let manifest: ImageManifest;
  try {
    manifest = parseManifest(text);
  } catch (error) {
    throw new Error(`${url} is not a valid manifest: ${(error as Error).message}`, { cause: error });
  }
  // A manifest of another image is not kept, because a corrected one would then never be downloaded.
  if (manifest.sha256 === image.sha256) await keep(manifestPlace(path), text);
  return manifest;
}

function releaseOf({ source, sha256 }: ImageReference): Release {
  return { url: source, sha256, maximum };
}

function cached({ sha256 }: ImageReference, root: string): string {
  return join(root, "images", `${sha256}.qcow2`);
}

/** Returns the manifest that was downloaded before; undefined when it is missing or damaged. */
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
