import type { ImageManifest } from "./manifest.ts";

/** Length of a day, in milliseconds. */
const day = 24 * 60 * 60 * 1000;

/** Age in days above which an image is likely to lack security fixes. */
export const oldImage = 30;

/** Number of names that one line lists at most. */
const shown = 8;

/**
 * Returns the date of an image's packages: of Debian's archive, or of the commit of nixpkgs. Undefined when the manifest states
 * none.
 */
export function imageDate({ system, builtFrom }: Pick<ImageManifest, "system" | "builtFrom">): Date | undefined {
  const text = system === "debian" ? builtFrom.archive : builtFrom.nixpkgsDate;
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isFinite(time) ? new Date(time) : undefined;
}

/** Returns the age of an image's packages in whole days; undefined when the manifest states no date. */
export function imageAge(manifest: Pick<ImageManifest, "system" | "builtFrom">, now = Date.now()): number | undefined {
  const date = imageDate(manifest);
  return date === undefined ? undefined : Math.max(0, Math.floor((now - date.getTime()) / day));
}

/** Returns the differences between two images, one phrase each: system, date, contract, programs and packages. */
export function imageDifferences(before: ImageManifest, after: ImageManifest): readonly string[] {
  const date = (manifest: ImageManifest) => imageDate(manifest)?.toISOString() ?? "an unknown date";
  return [
    ...(before.system === after.system ? [] : [`system ${after.system} (before: ${before.system})`]),
    ...(date(before) === date(after) ? [] : [`packages of ${date(after)} (before: ${date(before)})`]),
    ...(before.contract === after.contract ? [] : [`contract ${after.contract} (before: ${before.contract})`]),
    ...changes("programs", before.versions, after.versions),
    ...changes("packages", before.packages, after.packages),
  ];
}

function changes(
  what: string,
  before: Readonly<Record<string, string>> = {},
  after: Readonly<Record<string, string>> = {},
): readonly string[] {
  const added = Object.keys(after).filter((name) => !(name in before));
  const removed = Object.keys(before).filter((name) => !(name in after));
  const changed = Object.keys(after).filter((name) => name in before && before[name] !== after[name]);
  return [
    listed(
      `${what} added`,
      added.map((name) => `${name} ${after[name]}`),
    ),
    listed(
      `${what} removed`,
      removed.map((name) => `${name} ${before[name]}`),
    ),
    listed(
      `${what} changed`,
      changed.map((name) => `${name} ${before[name]} to ${after[name]}`),
    ),
  ].filter((line) => line !== "");
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > shown ? ` and ${names.length - shown} more` : "";
  return `${what}: ${names.slice(0, shown).join(", ")}${more}`;
}
