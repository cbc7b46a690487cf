import { artifact, lookUp } from "../lib/cache.ts";
import { cacheRoot } from "../lib/cache-root.ts";
import { run, which } from "../lib/process.ts";
import type { Transfer } from "../lib/transfers.ts";
import { goRecipe, modulesOf, type GoModule } from "./go-module.ts";
import { isUnpacked, releasedFolder, releaseTransfer, type ReleasedPrograms, type ReleasePlaces } from "./released.ts";
import { assetOf, releasePins, releasePinsFile, sourcesOf, type ReleasePins } from "./release-pins.ts";
import { provide } from "./requirements.ts";

/** Largest accepted size of an archive in bytes. The largest has about 40 MB. */
const maximum = 500e6;

/**
 * Returns the folder with the programs of a module: released if release.json has a file of the same sources, else built.
 *
 * A build of an earlier command is used first, because it costs nothing.
 * @param pins Replaced in tests.
 * @throws {ChecksumError} if the released file has another hash.
 */
export async function moduleFolder(module: GoModule, pins = releasePins): Promise<string> {
  const found = await releaseOf(module, pins);
  if (found !== undefined && ((await isUnpacked(...found)) || !(await isBuilt(module)))) {
    const folder = await releasedFolder(...found);
    if (folder !== undefined) return folder;
  }
  if (which("go") === undefined) await provide("building");
  return artifact(await goRecipe(module));
}

/** Whether release.json has a file with the programs of a module, so that no compiler is needed while its server answers. */
export async function isReleased(module: GoModule, pins = releasePins): Promise<boolean> {
  return (await releaseOf(module, pins)) !== undefined;
}

/** Returns the transfer of what {@link moduleFolder} needs: the released file, or the modules of the build. */
export function moduleTransfer(module: GoModule, pins = releasePins): Transfer {
  const modules = modulesOf(module);
  return {
    ...modules,
    fetch: async (signal) => {
      const found = await releaseOf(module, pins);
      if (found === undefined) await modules.fetch(signal);
      else if (!(await isBuilt(module))) await releaseTransfer(...found).fetch(signal);
    },
  };
}

async function isBuilt(module: GoModule): Promise<boolean> {
  // Without a compiler nothing was built, and the key of the build is unknown.
  return which("go") !== undefined && (await lookUp(await goRecipe(module))).present;
}

async function releaseOf(
  module: GoModule,
  { url, assets }: ReleasePins,
): Promise<readonly [ReleasedPrograms, ReleasePlaces] | undefined> {
  const file = assetOf(module);
  const pin = assets[file];
  if (pin === undefined || url === "" || pin.sources !== (await sourcesOf(module))) return undefined;
  const programs: ReleasedPrograms = {
    name: `${module.name}-release`,
    title: module.name,
    file,
    url: `${url}/${file}`,
    maximum,
    estimate: "a few seconds",
    verb: "unpacking",
    checkedBy: releasePinsFile,
    unpack: async (archive, folder) => {
      await run("tar", ["-xzf", archive, "-C", folder], { timeout: 300_000 });
    },
  };
  return [programs, { root: cacheRoot(), sums: { [file]: pin.sha256 } }];
}
