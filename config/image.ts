import { isUrl } from "../image/location.ts";
import type { ImageUse } from "../image/verify.ts";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** An image as two keys name it; no file was read. */
export type NamedImage = Pick<ImageUse, "source" | "sha256"> & {
  readonly keys: Pick<ImageUse["keys"], "image" | "imageSha256">;
};

/**
 * Reads the keys `image` and `imageSha256` as text; what is wrong goes to `problems`. The file is not touched:
 * image/verify.ts reads it.
 * @param source Path or URL that the keys lead to; "" when there is none.
 */
export function readImage(values: Values, problems: Problems, source: string): NamedImage {
  const keys = { image: values.name("image"), imageSha256: values.name("imageSha256") };
  const given = values.string("imageSha256").toLowerCase();
  const isHash = /^[0-9a-f]{64}$/.test(given);
  if (given && !isHash) problems.add(keys.imageSha256, "64 hexadecimal digits", given);
  if (source === "") problems.add(keys.image, "a node image; `npm run image` makes one", source);
  if (isUrl(source) && !given) {
    problems.add(keys.imageSha256, "the SHA-256 of the image that is downloaded", given);
  }
  if (!isUrl(source) && !isPlainPath(source)) {
    problems.add(keys.image, "a path without %, ?, # and colons", source);
  }
  return { source, sha256: isHash ? given : "", keys };
}

/** The provider (0.8.3, volume_image.go) reads a path as a URL, in which these characters have another meaning. */
function isPlainPath(path: string): boolean {
  return !/[%?#]|^[^/]*:|^\/\//.test(path);
}
