import { dirname } from "node:path";
import { artifact, lookUp, type Recipe } from "../lib/cache.ts";
import { cacheRoot } from "../lib/cache-root.ts";
import { inCheckout } from "../lib/checkout.ts";
import { logLine, type Log } from "../lib/log.ts";
import { run, which } from "../lib/process.ts";
import type { Transfer } from "../lib/transfers.ts";
import type { GoModule } from "./go-module.ts";
import { buildGo, checkedByGo, goInputs, type GoProgram } from "./go.ts";
import { isUnpacked, releasedFolder, releaseTransfer, type ReleasedPrograms, type ReleasePlaces } from "./released.ts";
import { provide } from "./requirements.ts";
import { pins, versions } from "./versions.ts";

const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

const cli: GoProgram = {
  name: "pulumi",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  variables: { [versionVariable]: `v${versions.pulumi}` },
};

const languageHost: GoProgram = {
  name: "pulumi-language-nodejs",
  package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  variables: { [versionVariable]: `v${versions.languageHost}` },
};

/** Largest accepted size of the archive in bytes. It has about 100 MB. */
const maximum = 1e9;

/** Server, cache and checksums of the CLI; tests pass their own. */
interface CliPlaces extends ReleasePlaces {
  /** URL of the project's releases. */
  readonly releases: string;
}

const usual = (): CliPlaces => ({
  releases: "https://github.com/pulumi/pulumi/releases/download",
  root: cacheRoot(),
  sums: pins,
});

/** Returns the folder of the Pulumi CLI and its Node language host: installed in the same version, else released, else built. */
export async function pulumiCli(places: CliPlaces = usual()): Promise<string> {
  const folder = await installed();
  if (folder !== undefined) return folder;
  const release = released(places.releases);
  // A build of an earlier run without a network serves as well, and costs nothing.
  const isSuperfluous = !(await isUnpacked(release, places)) && (await isBuilt(places.root));
  const downloaded = isSuperfluous ? undefined : await releasedFolder(release, places);
  if (downloaded !== undefined) return downloaded;
  await provide("building");
  return artifact(await buildRecipe(), places.root);
}

/** Returns the transfer of the archive that {@link pulumiCli} will need. It does nothing where that one downloads nothing. */
export function pulumiArchive(places: CliPlaces = usual()): Transfer {
  const transfer = releaseTransfer(released(places.releases), places);
  return {
    ...transfer,
    fetch: async (signal) => {
      const isSuperfluous = (await installed(() => undefined)) !== undefined || (await isBuilt(places.root));
      if (!isSuperfluous) await transfer.fetch(signal);
    },
  };
}

/**
 * Returns the folder of an installed CLI with its language host. A CLI of another version is not used, because it sees every
 * secret and was never tested with this program.
 */
async function installed(log: Log = logLine): Promise<string | undefined> {
  const path = which("pulumi");
  if (path === undefined) return undefined;
  const folder = dirname(path);
  const found = (await run(path, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } })).trim();
  if (found === `v${versions.pulumi}` && which("pulumi-language-nodejs", folder) !== undefined) return folder;
  log(`the installed Pulumi ${found} is not used, because this project is tested with v${versions.pulumi}`);
  return undefined;
}

function released(releases: string): ReleasedPrograms {
  const file = `pulumi-v${versions.pulumi}-linux-${process.arch}.tar.gz`;
  return {
    name: "pulumi-release",
    title: "Pulumi",
    file,
    url: `${releases}/v${versions.pulumi}/${file}`,
    maximum,
    estimate: "1 min",
    verb: "unpacking",
    unpack: async (archive, folder) => {
      await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], { timeout: 300_000 });
    },
  };
}

async function isBuilt(root: string): Promise<boolean> {
  // Without a compiler nothing was built, and the key of the build is unknown.
  return which("go") !== undefined && (await lookUp(await buildRecipe(), root)).present;
}

/** The modules with the Pulumi CLI and its Node language host. */
export const pulumiSets: readonly Pick<GoModule, "folder" | "programs">[] = [
  { folder: inCheckout("tools", "go", "pulumi"), programs: [cli] },
  { folder: inCheckout("tools", "go", "language-nodejs"), programs: [languageHost] },
];

async function buildRecipe(): Promise<Recipe> {
  return {
    name: "pulumi",
    estimate: "3 min",
    checkedBy: checkedByGo,
    inputs: (await Promise.all(pulumiSets.map(({ folder, programs }) => goInputs(folder, programs)))).flat(),
    build: async (output) => {
      for (const { folder, programs } of pulumiSets) await buildGo(folder, programs, output);
    },
  };
}
