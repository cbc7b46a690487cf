import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { downloadManifest, isUrl, localImage } from "../image/download.ts";
import { mismatches, readManifest } from "../image/judge.ts";
import { manifestPlace, type ImageManifest } from "../image/manifest.ts";
import { shortDigest } from "../names.ts";
import { Problems } from "./problems.ts";
import { headerBytes, readQcow2, type Qcow2Header } from "../image/qcow2.ts";
import type { Values } from "./values.ts";

/** A node image. */
export interface ImageConfig {
  /** Path or URL of the qcow2 file. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal; it names the base volume. */
  readonly sha256: string;
  /** What is known of the image; undefined when nothing lies beside it, or when it has not been downloaded yet. */
  readonly manifest?: ImageManifest;
}

/** What a file that is to be a node image turns out to be. */
export interface ImageFile extends Qcow2Header {
  readonly sha256: string;
}

/** Reads and checks node images. A file that several name is read once: hashing an image takes seconds. */
export class ImageReader {
  readonly #problems: Problems;
  readonly #inspected = new Map<string, ImageFile | undefined>();

  /** @param problems Takes what is wrong with an image. */
  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /**
   * Reads the keys `image` and `imageSha256`.
   * @param fallback Image to use when they name none; undefined when there is none.
   */
  read(values: Values, fallback?: string): ImageConfig {
    const wanted = values.string("imageSha256").toLowerCase();
    const source = values.string("image") || fallback || "";
    const name = values.name("imageSha256");
    if (wanted && !/^[0-9a-f]{64}$/.test(wanted)) {
      this.#problems.add(name, "64 hexadecimal digits", wanted);
      return { source, sha256: wanted };
    }
    if (isUrl(source)) {
      if (!wanted) this.#problems.add(name, "the SHA-256 of the image that is downloaded", wanted);
      return { source, sha256: wanted };
    }
    return this.#readFile(values, source, wanted);
  }

  #readFile(values: Values, source: string, wanted: string): ImageConfig {
    const [image, imageSha256] = [values.name("image"), values.name("imageSha256")];
    if (!isPlainPath(source)) this.#problems.add(image, "a path without %, ?, # and colons", source);
    const found = this.#inspect(source);
    if (found === undefined) {
      const hint = source ? "the path of a readable node image" : "a node image; `npm run image` makes one";
      this.#problems.add(image, hint, source);
      return { source, sha256: wanted };
    }
    if (found.wanted !== undefined) this.#problems.add(image, found.wanted, source);
    if (wanted && wanted !== found.sha256) {
      this.#problems.add(imageSha256, `${found.sha256}, the image's own`, wanted);
    }
    return this.#describe(image, { source, sha256: found.sha256 });
  }

  #describe(key: string, image: ImageConfig): ImageConfig {
    try {
      const manifest = readManifest(image.source);
      judge(this.#problems, key, image, manifest);
      return { ...image, ...(manifest && { manifest }) };
    } catch (error) {
      const wanted = `a manifest that can be read (${(error as Error).message})`;
      this.#problems.add(key, wanted, manifestPlace(image.source));
      return image;
    }
  }

  /**
   * Refuses a disk that is smaller than the image it starts from. An image that is named by URL is not here yet.
   * @param key Key of the disk's size, in GiB.
   */
  checkDisk({ source }: ImageConfig, key: string, diskGiB: number): void {
    const { virtualBytes = 0 } = (isUrl(source) ? undefined : this.#inspect(source)) ?? {};
    const needed = Math.ceil(virtualBytes / 2 ** 30);
    if (diskGiB < needed) this.#problems.add(key, `at least ${needed}, the size of its image`, diskGiB);
  }

  #inspect(path: string): ImageFile | undefined {
    if (!this.#inspected.has(path)) this.#inspected.set(path, inspectImage(path));
    return this.#inspected.get(path);
  }
}

/**
 * Brings an image that is named by URL to this machine. Its manifest comes first: an image that does not fit is not
 * downloaded.
 * @throws {ConfigError} when its manifest or its header shows that it must not be used, else what {@link localImage} throws.
 */
export async function fetchImage(
  image: ImageConfig,
  { key = "image", diskGiB = Number.POSITIVE_INFINITY, root }: FetchOptions = {},
): Promise<ImageConfig> {
  if (!isUrl(image.source)) return image;
  const manifest = await downloadManifest(image, root);
  const problems = new Problems();
  judge(problems, key, image, manifest);
  problems.throwIfAny();
  const local = await localImage(image, root);
  const { wanted, virtualBytes } = readHeader(local.source);
  if (wanted !== undefined) problems.add(key, wanted, image.source);
  if (virtualBytes > diskGiB * 2 ** 30) problems.add(key, `an image for disks of ${diskGiB} GiB`, image.source);
  problems.throwIfAny();
  return { ...local, ...(manifest && { manifest }) };
}

/** How an image is fetched. */
export interface FetchOptions {
  /** Key that names it. @default "image" */
  readonly key?: string;
  /** Size of the smallest disk that starts from it. @default any */
  readonly diskGiB?: number;
  /** Folder of the cache. */
  readonly root?: string | undefined;
}

/** Header of an image. @throws when it cannot be read. */
export function readHeader(path: string): Qcow2Header {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(headerBytes);
    return readQcow2(bytes.subarray(0, readSync(file, bytes, 0, headerBytes, 0)));
  } finally {
    closeSync(file);
  }
}

/**
 * Refuses images that differ and share the digits that volumes and nodes are marked with: one would pass for the other.
 * @param images Each with the key that names it.
 */
export function checkAlike(problems: Problems, images: readonly (readonly [string, ImageConfig])[]): void {
  const first = new Map<string, ImageConfig>();
  for (const [key, image] of images) {
    const mark = shortDigest(image.sha256);
    const other = first.get(mark) ?? image;
    first.set(mark, other);
    if (other.sha256 !== image.sha256) {
      problems.add(key, `an image whose SHA-256 does not begin like that of ${other.source} (${mark})`, image.source);
    }
  }
}

/** The provider (0.8.3, volume_image.go) reads a path as a URL, in which these mean something else. */
function isPlainPath(path: string): boolean {
  return !/[%?#]|^[^/]*:|^\/\//.test(path);
}

/** What cannot be told of an image without a manifest, as a warning; undefined when it has one. */
export function unknownOf(source: string, manifest: ImageManifest | undefined): string | undefined {
  if (manifest) return undefined;
  return (
    `${source} has no manifest (${manifestPlace(source)}): what versions it holds is unknown, and whether it fits the ` +
    "guest scripts shows only when its first node has booted, and then refuses it if it does not"
  );
}

function judge(
  problems: Problems,
  key: string,
  { source, sha256 }: ImageConfig,
  manifest: ImageManifest | undefined,
): void {
  if (manifest === undefined) return;
  for (const { wanted, given } of mismatches(manifest, sha256)) {
    problems.add(key, wanted, `${given} (${manifestPlace(source)})`);
  }
}

/** Reads a file in pieces, because images are larger than a Buffer should be; undefined when it cannot be read. */
export function inspectImage(path: string): ImageFile | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, "r");
    const hash = createHash("sha256");
    const piece = Buffer.alloc(4 << 20);
    for (let length = 0; (length = readSync(file, piece)) > 0;) {
      hash.update(piece.subarray(0, length));
    }
    closeSync(file);
    return { sha256: hash.digest("hex"), ...readHeader(path) };
  } catch {
    return undefined;
  }
}
