import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { downloadManifest, isUrl, localImage } from "../toolchain/image-download.ts";
import { mismatches, readManifest } from "../toolchain/image-manifest.ts";
import { manifestPlace, type ImageManifest } from "../toolchain/node-image/manifest.ts";
import { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** The node image every node starts from. */
export interface ImageConfig {
  /** Path or URL of the qcow2 file. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal; it names the base volume. */
  readonly sha256: string;
  /** What is known of the image; undefined when nothing lies beside it, or when it has not been downloaded yet. */
  readonly manifest?: ImageManifest;
}

const qcow2Magic = "514649fb";

/**
 * Reads and checks the node image; what is wrong goes to `problems`.
 * @param fallback Image to use when the stack names none; undefined when there is none.
 */
export function readImage(values: Values, problems: Problems, fallback: string | undefined): ImageConfig {
  const wanted = values.string("imageSha256").toLowerCase();
  const source = values.string("image") || fallback || "";
  if (wanted && !/^[0-9a-f]{64}$/.test(wanted)) {
    problems.add("imageSha256", "64 hexadecimal digits", wanted);
    return { source, sha256: wanted };
  }
  if (isUrl(source)) {
    if (!wanted) problems.add("imageSha256", "the SHA-256 of the image that is downloaded", wanted);
    return { source, sha256: wanted };
  }
  return readFile(problems, source, wanted);
}

/**
 * Brings an image that is named by URL to this machine. Its manifest comes first: an image that does not fit is not
 * downloaded.
 * @throws {ConfigError} when its manifest shows that it must not be used, else what {@link localImage} throws.
 */
export async function fetchImage(image: ImageConfig, root?: string): Promise<ImageConfig> {
  if (!isUrl(image.source)) return image;
  const manifest = await downloadManifest(image, root);
  const problems = new Problems();
  judge(problems, image, manifest);
  problems.throwIfAny();
  return { ...(await localImage(image, root)), ...(manifest && { manifest }) };
}

/** What cannot be told of an image without a manifest, as a warning; undefined when it has one. */
export function unknownOf(source: string, manifest: ImageManifest | undefined): string | undefined {
  if (manifest) return undefined;
  return (
    `${source} has no manifest (${manifestPlace(source)}): what versions it holds is unknown, and whether it fits the ` +
    "guest scripts shows only when its first node has booted, and then refuses it if it does not"
  );
}

function readFile(problems: Problems, source: string, wanted: string): ImageConfig {
  const found = inspect(source);
  if (found === undefined) {
    const hint = source ? "the path of a readable node image" : "a node image; `npm run image` makes one";
    problems.add("image", hint, source);
    return { source, sha256: wanted };
  }
  const image = { source, sha256: found.sha256 };
  if (found.magic !== qcow2Magic) problems.add("image", "a qcow2 image", source);
  if (wanted && wanted !== found.sha256) problems.add("imageSha256", `${found.sha256}, the image's own`, wanted);
  try {
    const manifest = readManifest(source);
    judge(problems, image, manifest);
    return { ...image, ...(manifest && { manifest }) };
  } catch (error) {
    problems.add("image", `a manifest that can be read (${(error as Error).message})`, manifestPlace(source));
    return image;
  }
}

function judge(problems: Problems, { source, sha256 }: ImageConfig, manifest: ImageManifest | undefined): void {
  if (manifest === undefined) return;
  for (const { wanted, given } of mismatches(manifest, sha256)) {
    problems.add("image", wanted, `${given} (${manifestPlace(source)})`);
  }
}

/** SHA-256 and first four bytes of a file, read in pieces because images are larger than a Buffer should be. */
function inspect(path: string): { sha256: string; magic: string } | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, "r");
    const hash = createHash("sha256");
    const piece = Buffer.alloc(4 << 20);
    let magic: string | undefined;
    for (let length = 0; (length = readSync(file, piece)) > 0;) {
      magic ??= piece.subarray(0, 4).toString("hex");
      hash.update(piece.subarray(0, length));
    }
    closeSync(file);
    return { sha256: hash.digest("hex"), magic: magic ?? "" };
  } catch {
    return undefined;
  }
}
