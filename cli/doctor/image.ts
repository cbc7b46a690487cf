import { stat } from "node:fs/promises";
import { imageAge, imageDate, imageDifferences, oldImage } from "../../image/difference.ts";
import { imageDigest } from "../../image/digest.ts";
import { readHeader } from "../../image/inspect.ts";
import { readManifest } from "../../image/manifest-reader.ts";
import { mismatches } from "../../image/mismatch.ts";
import type { ImageManifest } from "../../image/manifest.ts";
import type { NixosManifest } from "../../image/nixos/build.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";
import { shortDigest } from "../../lib/digest.ts";

/**
 * Checks that the node image exists, matches its manifest, and has the contract of this checkout. Reports the age of its
 * packages, programs of another version than the declared one, and differences from the image of the last run. Warns of old
 * packages.
 * @param last Manifest of the image of the last run. @default none is known
 */
export async function checkImage(path: string | undefined, last?: ImageManifest): Promise<Finding> {
  if (path === undefined)
    return fail("node image", "no image is built or configured", "`npm run up` or `npm run image` builds one");
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile())
    return fail("node image", `${path} is missing or is not a file`, "`npm run image` builds an image");
  const manifest = readManifest(path);
  const rejected = unusable(path);
  if (manifest === undefined) {
    return (
      rejected ??
      warn(
        "node image",
        `${path} has no manifest`,
        "nothing to fix if you built the image yourself; otherwise `npm run image` builds one with a manifest",
      )
    );
  }
  const found = await imageDigest(path);
  const [first] = mismatches(manifest, found);
  if (first !== undefined) return fail("node image", `${path} is ${first.given}`, `use ${first.expected}`);
  if (rejected !== undefined) return rejected;
  const age = manifest.builtFrom === undefined ? undefined : imageAge(manifest);
  const facts = [
    `${path} (${shortDigest(found)})`,
    ...(age === undefined
      ? []
      : [`packages of ${imageDate(manifest)?.toISOString().slice(0, 10)}, ${inDays(age)} old`]),
    ...undeclared(manifest),
    ...sinceLast(manifest, last),
  ].join("; ");
  return age !== undefined && age > oldImage
    ? warn("node image", facts, newer[manifest.system])
    : ok("node image", facts);
}

/** Returns a failure where the program would reject the file because of its header. */
function unusable(path: string): Finding | undefined {
  const { expected } = readHeader(path);
  return expected === undefined ? undefined : fail("node image", `${path} cannot be used`, `use ${expected}`);
}

function inDays(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}

/** Returns the programs of another version than the declared one, which the tests of the Debian image do not cover. */
function undeclared({
  versions,
  declared = {},
}: ImageManifest & Partial<Pick<NixosManifest, "declared">>): readonly string[] {
  const found = Object.entries(declared).map(([name, version]) => `${name} ${versions[name]} (declared ${version})`);
  return found.length === 0 ? [] : [`other versions than declared: ${found.join(", ")}`];
}

function sinceLast(manifest: ImageManifest, last: ImageManifest | undefined): readonly string[] {
  if (last === undefined || last.sha256 === manifest.sha256) return [];
  const differences = imageDifferences(last, manifest);
  return [
    `since the last run, ${differences.length === 0 ? "built again from the same sources" : differences.join("; ")}`,
  ];
}

/** Commands that build an image with the current security fixes, by system. */
const newer = {
  debian:
    "`npm run image -- --fresh` builds an image with the current security fixes; `npm run roll -- --image PATH` moves a running cluster to it",
  nixos:
    "`nix flake update` and `npm run image` build a newer image; `npm run roll -- --image PATH` moves a running cluster to it",
} as const;
