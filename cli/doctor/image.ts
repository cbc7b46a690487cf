import { stat } from "node:fs/promises";
import { imageAge, imageDate, imageDifferences, oldImage } from "../../image/difference.ts";
import { imageDigest, readHeader } from "../../image/inspect.ts";
import { readManifest } from "../../image/manifest-reader.ts";
import { mismatches } from "../../image/mismatch.ts";
import type { ImageManifest } from "../../image/manifest.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

/**
 * Whether the node image is there, is the file that its manifest describes, and keeps the contract of this checkout; how old
 * its packages are, and what differs from the image of the last run.
 * @param last Manifest of that image. @default none is known
 */
export async function checkImage(path: string | undefined, last?: ImageManifest): Promise<Finding> {
  if (path === undefined) return fail("node image", "there is none", "`npm run up` and `npm run image` build one");
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return fail("node image", `${path} cannot be read`, "`npm run image` builds another");
  const manifest = readManifest(path);
  const unusable = unusableBy(path);
  if (manifest === undefined) {
    return unusable ?? warn("node image", `${path} has no manifest`, "nothing to do when you made the image yourself");
  }
  const found = await imageDigest(path);
  const [first] = mismatches(manifest, found);
  if (first !== undefined) return fail("node image", `${path} is ${first.given}`, `wanted is ${first.wanted}`);
  if (unusable !== undefined) return unusable;
  const age = manifest.builtFrom === undefined ? undefined : imageAge(manifest);
  const what = [
    `${path} (${found.slice(0, 12)})`,
    ...(age === undefined
      ? []
      : [`packages of ${imageDate(manifest)?.toISOString().slice(0, 10)}, ${inDays(age)} old`]),
    ...sinceLast(manifest, last),
  ].join("; ");
  return age !== undefined && age > oldImage
    ? warn("node image", what, newer[manifest.system])
    : ok("node image", what);
}

/** What the program refuses by the file's header. */
function unusableBy(path: string): Finding | undefined {
  const { wanted } = readHeader(path);
  return wanted === undefined ? undefined : fail("node image", `${path} cannot be used`, `wanted is ${wanted}`);
}

function inDays(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}

function sinceLast(manifest: ImageManifest, last: ImageManifest | undefined): readonly string[] {
  if (last === undefined || last.sha256 === manifest.sha256) return [];
  const differences = imageDifferences(last, manifest);
  return [`since the last run, ${differences.length === 0 ? "built anew from the same" : differences.join("; ")}`];
}

/** How an image with security fixes of today is made. */
const newer = {
  debian:
    "`npm run image -- --fresh` builds one with the security fixes of today; `npm run roll -- --image PATH` takes a living cluster to it",
  nixos:
    "`nix flake update --flake ./nix` and `npm run image` build a newer one; `npm run roll -- --image PATH` takes a living cluster to it",
} as const;
