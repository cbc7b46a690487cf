import { downloadManifest, localImage } from "./download.ts";
import { inspectImage, readHeader } from "./inspect.ts";
import { readManifest } from "./manifest-reader.ts";
import { isUrl, type ImageReference } from "./location.ts";
import { manifestPlace, type ImageManifest } from "./manifest.ts";
import { shortDigest } from "../lib/digest.ts";
import { mismatches } from "./mismatch.ts";

/** Image of a configuration, and the keys that an error about it names. */
export interface ImageUse extends ImageReference {
  readonly keys: {
    readonly image: string;
    readonly imageSha256: string;
    /** Key of the size of the disk that starts from the image. */
    readonly diskGiB: string;
  };
  /** Size of that disk in GiB. */
  readonly diskGiB: number;
}

/** Node image that {@link verifyImages} has accepted, as a file of this machine. */
export interface VerifiedImage {
  /** Path of the qcow2 file. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal. Names the base volume. */
  readonly sha256: string;
  /** Manifest beside the image; undefined when there is none. */
  readonly manifest: ImageManifest | undefined;
}

/** Collects the problems of a configuration. */
export interface ProblemList {
  readonly add: (key: string, expected: string, given: unknown) => void;
  /** @throws when there is a problem, naming all of them. */
  readonly throwIfAny: () => void;
}

/**
 * Reads, hashes and checks the images of a configuration, and downloads those that are named by URL.
 *
 * Downloads no image when the configuration has a problem. Downloads the manifest before its image, so an incompatible image is
 * not downloaded.
 * @param uses Images of the configuration.
 * @param problems Receives their problems. May already have some.
 * @param root Folder of the cache.
 * @returns the images in the same order.
 * @throws what `problems` throws; an Error when an image is not available.
 */
export async function verifyImages(
  uses: readonly ImageUse[],
  problems: ProblemList,
  root?: string,
): Promise<readonly VerifiedImage[]> {
  const found: VerifiedImage[] = [];
  for (const use of uses) {
    found.push(isUrl(use.source) ? { ...referenceOf(use), manifest: undefined } : await verifyFile(use, problems));
  }
  refuseAlike(uses, found, problems);
  problems.throwIfAny();
  return fetchImages(uses, found, problems, root);
}

async function verifyFile(use: ImageUse, problems: ProblemList): Promise<VerifiedImage> {
  const { source, sha256, keys } = use;
  const unread = { source, sha256, manifest: undefined };
  // The configuration has already reported it.
  if (source === "") return unread;
  const file = await inspectImage(source);
  if (file === undefined) {
    problems.add(keys.image, "the path of a readable node image", source);
    return unread;
  }
  if (file.expected !== undefined) problems.add(keys.image, file.expected, source);
  if (sha256 !== "" && sha256 !== file.sha256) {
    problems.add(keys.imageSha256, `${file.sha256}, the image's own`, sha256);
  }
  checkDisk(use, file.virtualBytes, problems);
  return { source, sha256: file.sha256, manifest: readChecked({ ...use, sha256: file.sha256 }, problems) };
}

function readChecked(use: ImageUse, problems: ProblemList): ImageManifest | undefined {
  try {
    const manifest = readManifest(use.source);
    checkManifest(use, manifest, problems);
    return manifest;
  } catch (error) {
    const expected = `a manifest that can be read (${(error as Error).message})`;
    problems.add(use.keys.image, expected, manifestPlace(use.source));
    return undefined;
  }
}

async function fetchImages(
  uses: readonly ImageUse[],
  found: readonly VerifiedImage[],
  problems: ProblemList,
  root?: string,
): Promise<readonly VerifiedImage[]> {
  const manifests: (ImageManifest | undefined)[] = [];
  for (const [index, use] of uses.entries()) {
    const manifest = isUrl(use.source) ? await downloadManifest(use, root) : found[index]?.manifest;
    if (isUrl(use.source)) checkManifest(use, manifest, problems);
    manifests.push(manifest);
  }
  problems.throwIfAny();
  const images: VerifiedImage[] = [];
  // Downloads and hashes each image once, even if several pools name it.
  const downloaded = new Map<string, Promise<ImageReference>>();
  for (const [index, use] of uses.entries()) {
    const key = `${use.sha256} ${use.source}`;
    const local = downloaded.get(key) ?? localImage({ ...referenceOf(use), sha256: found[index]?.sha256 ?? "" }, root);
    downloaded.set(key, local);
    const { source, sha256 } = await local;
    images.push({ source, sha256, manifest: manifests[index] });
    if (!isUrl(use.source)) continue;
    const { expected, virtualBytes } = readHeader(source);
    if (expected !== undefined) problems.add(use.keys.image, expected, use.source);
    checkDisk(use, virtualBytes, problems);
  }
  problems.throwIfAny();
  return images;
}

/** Refuses a disk that is smaller than its image. */
function checkDisk({ keys, diskGiB }: ImageUse, virtualBytes: number, problems: ProblemList): void {
  const needed = Math.ceil(virtualBytes / 2 ** 30);
  if (diskGiB < needed) problems.add(keys.diskGiB, `at least ${needed}, the size of its image`, diskGiB);
}

/** Refuses different images with the same mark, because the mark identifies the volumes and the nodes of an image. */
function refuseAlike(uses: readonly ImageUse[], found: readonly VerifiedImage[], problems: ProblemList): void {
  const first = new Map<string, VerifiedImage>();
  for (const [index, image] of found.entries()) {
    if (image.sha256 === "") continue;
    const mark = shortDigest(image.sha256);
    const other = first.get(mark) ?? image;
    first.set(mark, other);
    if (other.sha256 === image.sha256) continue;
    const expected = `an image whose SHA-256 does not begin like that of ${other.source} (${mark})`;
    problems.add(uses[index]?.keys.image ?? "image", expected, image.source);
  }
}

function checkManifest(
  { source, sha256, keys }: ImageUse,
  manifest: ImageManifest | undefined,
  problems: ProblemList,
): void {
  if (manifest === undefined) return;
  for (const { expected, given } of mismatches(manifest, sha256)) {
    problems.add(keys.image, expected, `${given} (${manifestPlace(source)})`);
  }
}

function referenceOf({ source, sha256 }: ImageReference): ImageReference {
  return { source, sha256 };
}

/**
 * Warns that an image has no manifest; undefined when it has one.
 * @param source Path or URL of the image as the stack names it.
 */
export function manifestWarning(source: string, manifest: ImageManifest | undefined): string | undefined {
  if (manifest !== undefined) return undefined;
  return (
    `${source} has no manifest (${manifestPlace(source)}), so its versions are unknown. Compatibility is checked on the ` +
    "first node that boots; an incompatible image is rejected there."
  );
}
