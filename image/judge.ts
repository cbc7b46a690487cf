import { readFileSync } from "node:fs";
import { readDeclaration } from "./declaration.ts";
import { manifestPlace, type ImageManifest } from "./manifest.ts";

/** Something about an image that is not as it must be. */
export interface Mismatch {
  readonly wanted: string;
  readonly given: string;
}

/**
 * Reads a manifest's text.
 * @throws when it is not JSON, or lacks what the program judges an image by.
 */
export function parseManifest(text: string): ImageManifest {
  const manifest = JSON.parse(text) as Partial<ImageManifest> | null;
  if (!Number.isInteger(manifest?.contract)) throw new Error("it has no whole number `contract`");
  if (!/^[0-9a-f]{64}$/.test(String(manifest?.sha256))) throw new Error("it has no `sha256` of 64 hexadecimal digits");
  return manifest as ImageManifest;
}

/**
 * The manifest of an image that is a file; undefined when it has none.
 * @throws when there is one that cannot be read.
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

/**
 * Why an image is not to be used, judged by its manifest: it keeps another contract than the guest scripts of this checkout
 * need, or the manifest is another file's.
 * @param sha256 Of the image's file, in hexadecimal.
 */
export function mismatches(
  manifest: ImageManifest,
  sha256: string,
  needed = readDeclaration().contract,
): readonly Mismatch[] {
  const found: Mismatch[] = [];
  if (manifest.contract !== needed) {
    const older = manifest.contract < needed;
    const mend = older ? "`npm run image` builds one" : "use the release of nodeforge that the image was built with";
    found.push({
      wanted: `an image of contract ${needed}, which this checkout's guest scripts need (${mend})`,
      given: `an image of contract ${manifest.contract}`,
    });
  }
  if (manifest.sha256 !== sha256) {
    found.push({
      wanted: `the file that its manifest describes, SHA-256 ${manifest.sha256} (copy or build both again)`,
      given: `a file of SHA-256 ${sha256}`,
    });
  }
  return found;
}
