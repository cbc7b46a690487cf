import { isUrl } from "../image/location.ts";
import type { ImageUse } from "../image/verify.ts";
import type { Problems } from "./problems.ts";

/** An image as two keys name it; no file was read. */
export type NamedImage = Pick<ImageUse, "source" | "sha256"> & {
  readonly keys: Pick<ImageUse["keys"], "image" | "imageSha256">;
};

/**
 * Checks the text of the keys `image` and `imageSha256`, and adds what is wrong to `problems`. image/verify.ts reads the file.
 * @param named `source` is "" when the keys lead to no image. `sha256` is "" when it is not set.
 * @returns the image with its hash in lower case; the hash is "" when it is not set or no hash.
 */
export function readImage({ source, sha256, keys }: NamedImage, problems: Problems): NamedImage {
  const given = sha256.toLowerCase();
  checkHash(given, keys.imageSha256, problems);
  if (source === "") problems.add(keys.image, "a node image; `npm run image` makes one", source);
  if (isUrl(source) && !given) {
    problems.add(keys.imageSha256, "the SHA-256 of the image that is downloaded", given);
  }
  if (!isUrl(source) && !isPlainPath(source)) {
    problems.add(keys.image, "a path without %, ?, # and colons", source);
  }
  return { source, sha256: isHash(given) ? given : "", keys };
}

/** Adds a problem for a text that is neither empty nor a SHA-256 in lower-case hexadecimal. */
export function checkHash(text: string, key: string, problems: Problems): void {
  if (text !== "" && !isHash(text)) problems.add(key, "64 hexadecimal digits", text);
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The provider (0.8.3, volume_image.go) reads a path as a URL, in which these characters have another meaning. */
function isPlainPath(path: string): boolean {
  return !/[%?#]|^[^/]*:|^\/\//.test(path);
}
