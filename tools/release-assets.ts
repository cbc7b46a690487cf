/**
 * Builds the archives of a release and prints the text for tools/release.json:
 * release-assets.ts --out DIR --releases URL
 *
 * An archive is the same on every machine. It must have the hash of release.json, where that one is of the same sources.
 */
import { mkdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { artifact } from "../lib/cache.ts";
import { sha256Of } from "../lib/digest.ts";
import { inCheckout } from "../lib/checkout.ts";
import { run } from "../lib/process.ts";
import { goRecipe, type GoModule } from "./go-module.ts";
import { releasedSets } from "./go-sets.ts";
import { assetOf, releasePins, releasePinsFile, sourcesOf, type ReleasePin, type ReleasePins } from "./release-pins.ts";
import { provide } from "./requirements.ts";

/** Makes an archive of a folder's files that depends on their names and contents only, and returns its pin. */
export async function packAsset(folder: string, archive: string, sources: string): Promise<ReleasePin> {
  const owner = ["--owner=0", "--group=0", "--numeric-owner", "--mode=0755", "--format=gnu"];
  // gzip without a name and a time. `--gzip` would take the user's GZIP into account.
  const compressed = ["--use-compress-program", "gzip --no-name -9"];
  await run(
    "tar",
    ["--create", "--file", archive, "--sort=name", "--mtime=@0", ...owner, ...compressed, "-C", folder, "."],
    {
      timeout: 600_000,
    },
  );
  return { sha256: await sha256Of(archive), sources };
}

/**
 * Compares new pins with those of release.json.
 * @returns a sentence about each file of the same sources with another hash.
 */
export function differences(fresh: ReleasePins["assets"], committed: ReleasePins["assets"]): readonly string[] {
  return Object.entries(fresh).flatMap(([name, { sha256, sources }]) => {
    const known = committed[name];
    if (known === undefined || known.sources !== sources || known.sha256 === sha256) return [];
    return [
      `${name} has SHA-256 ${sha256}, but ${releasePinsFile} has ${known.sha256} of the same sources. ` +
        "Fix: find what differs between the two builds",
    ];
  });
}

async function makeAssets(sets: readonly GoModule[], out: string): Promise<ReleasePins["assets"]> {
  await mkdir(out, { recursive: true });
  const assets: Record<string, ReleasePin> = {};
  for (const set of sets) {
    const archive = join(out, assetOf(set));
    assets[basename(archive)] = await packAsset(await artifact(await goRecipe(set)), archive, await sourcesOf(set));
  }
  return assets;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { out: { type: "string" }, releases: { type: "string" } },
  });
  const { out, releases } = values;
  if (!out || !releases) throw new Error("usage: release-assets.ts --out DIR --releases URL");
  const { version } = JSON.parse(await readFile(inCheckout("package.json"), "utf8")) as { readonly version: string };
  await provide("building");
  const assets = await makeAssets(releasedSets, resolve(out));
  const problems = differences(assets, releasePins.assets);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  console.log(JSON.stringify({ url: `${releases}/v${version}`, assets }, null, 2));
}
