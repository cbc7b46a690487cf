import { readDeclaration } from "./declaration.ts";
import type { ImageManifest } from "./manifest.ts";

/** A reason to refuse an image: the expected state and the actual one, each as a noun phrase. */
export interface Mismatch {
  readonly expected: string;
  readonly given: string;
}

/**
 * Returns the reasons to refuse an image. Its contract must be the one that the guest scripts of this checkout need, and its
 * manifest must describe its file.
 * @param sha256 SHA-256 of the image's file, in hexadecimal.
 * @param needed Contract that the guest scripts need. @default the declaration's
 */
export function mismatches(
  manifest: ImageManifest,
  sha256: string,
  needed = readDeclaration().contract,
): readonly Mismatch[] {
  const found: Mismatch[] = [];
  if (manifest.contract !== needed) {
    const older = manifest.contract < needed;
    const fix = older ? "`npm run image` builds one" : "use the release of nodeforge that the image was built with";
    found.push({
      expected: `an image of contract ${needed}, which this checkout's guest scripts need (${fix})`,
      given: `an image of contract ${manifest.contract}`,
    });
  }
  if (manifest.sha256 !== sha256) {
    found.push({
      expected: `the file that its manifest describes, SHA-256 ${manifest.sha256} (copy or build both again)`,
      given: `a file of SHA-256 ${sha256}`,
    });
  }
  return found;
}
