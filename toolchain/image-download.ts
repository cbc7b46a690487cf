import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import { download } from "./download.ts";

/** A node image as the stack names it. */
interface Image {
  /** Path or URL. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal. */
  readonly sha256: string;
}

/**
 * The image as a file of this machine: one that is named by URL is downloaded once, into the cache, under its hash.
 * @throws {ChecksumError} when what is downloaded has another hash; an Error when it is not to be had.
 */
export async function localImage<T extends Image>(image: T, root = cacheRoot()): Promise<T> {
  if (!/^https?:/.test(image.source)) return image;
  const path = join(root, "images", `${image.sha256}.qcow2`);
  // The download has this name only once its hash was right.
  if (!existsSync(path) && (await download({ url: image.source, sha256: image.sha256 }, path)) === undefined) {
    throw new Error(`the node image ${image.source} is not to be had`);
  }
  return { ...image, source: path };
}
