import { readFileSync } from "node:fs";
import { manifestPlace, type ImageManifest } from "./manifest.ts";

/**
 * Parses the text of a manifest. Only the fields that decide about an image are checked.
 * @throws when it is not JSON, or `contract` or `sha256` is missing or malformed.
 */
export function parseManifest(text: string): ImageManifest {
  const manifest = JSON.parse(text) as Partial<ImageManifest> | null;
  if (!Number.isInteger(manifest?.contract)) throw new Error("it has no whole number `contract`");
  if (!/^[0-9a-f]{64}$/.test(String(manifest?.sha256))) throw new Error("it has no `sha256` of 64 hexadecimal digits");
  return manifest as ImageManifest;
}

/**
 * Reads the manifest beside an image.
 * @param image Path of the image.
 * @returns undefined when there is no manifest.
 * @throws when the manifest cannot be read, and what {@link parseManifest} throws.
 */
export function readManifest(image: string): ImageManifest | undefined {
  let text: string;
  try {
    text = readFileSync(manifestPlace(image), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parseManifest(text);
}
