import type { ImageManifest } from "./manifest.ts";

/** Milliseconds of a day. */
const day = 24 * 60 * 60 * 1000;

/** Age in days above which an image's security fixes are worth a look. */
export const oldImage = 30;

/** Names that one line shows of what changed. */
const shown = 8;

/**
 * The date that an image's packages are of: of Debian's archive, or of the commit of nixpkgs; undefined where the manifest does
 * not tell.
 */
export function imageDate({ system, builtFrom }: Pick<ImageManifest, "system" | "builtFrom">): Date | undefined {
  const text = system === "debian" ? builtFrom.archive : builtFrom.nixpkgsDate;
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isFinite(time) ? new Date(time) : undefined;
}

/** Whole days since an image's packages were current; undefined where the manifest does not tell. */
export function imageAge(manifest: Pick<ImageManifest, "system" | "builtFrom">, now = Date.now()): number | undefined {
  const date = imageDate(manifest);
  return date === undefined ? undefined : Math.max(0, Math.floor((now - date.getTime()) / day));
}

/** What differs between two images, a phrase each: their dates, and what was added, removed and changed. Empty for equal ones. */
export function imageDifferences(before: ImageManifest, after: ImageManifest): readonly string[] {
  const date = (manifest: ImageManifest) => imageDate(manifest)?.toISOString() ?? "an unknown date";
  return [
    ...(before.system === after.system ? [] : [`made of ${after.system}, not of ${before.system}`]),
    ...(date(before) === date(after) ? [] : [`packages of ${date(after)}, not of ${date(before)}`]),
    ...(before.contract === after.contract ? [] : [`contract ${after.contract}, not ${before.contract}`]),
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
