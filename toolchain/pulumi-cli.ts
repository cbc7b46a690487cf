import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { artifact, lookUp, type Recipe } from "./cache.ts";
import { cacheRoot } from "./cache-root.ts";
import { inCheckout } from "./checkout.ts";
import { download, type Release } from "./download.ts";
import { buildGo, goInputs, type GoProgram } from "./go.ts";
import { say } from "./log.ts";
import { run, which } from "./process.ts";
import { versions } from "./versions.ts";

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

/**
 * Folder with the Pulumi CLI and its Node language host: installed in a version that fits, else released, else built.
 * @param releases Folder of the project's releases on the web; a test brings its own.
 */
export async function pulumiCli(
  releases = "https://github.com/pulumi/pulumi/releases/download",
  root = cacheRoot(),
): Promise<string> {
  return (await installed()) ?? (await released(releases, root)) ?? built(root);
}

/** The folder of an installed CLI that fits and has its language host beside it. */
async function installed(): Promise<string | undefined> {
  const path = which("pulumi");
  if (path === undefined) return undefined;
  const folder = dirname(path);
  const found = (await run(path, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } })).trim();
  if (fits(found) && which("pulumi-language-nodejs", folder) !== undefined) return folder;
  say(`the installed Pulumi ${found} is left alone: this project wants v${versions.pulumi} or a later 3.x`);
  return undefined;
}

/** Whether a CLI of version `found` runs a program written for `wanted`: later releases of one major version do. */
export function fits(found: string, wanted: string = versions.pulumi): boolean {
  const numbers = (text: string) => /^v?(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
  const [major, minor = 0, patch = 0] = numbers(found);
  const [wantedMajor, wantedMinor = 0, wantedPatch = 0] = numbers(wanted);
  return major === wantedMajor && (minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch));
}

async function released(releases: string, root: string): Promise<string | undefined> {
  const file = `pulumi-v${versions.pulumi}-linux-${process.arch}.tar.gz`;
  const release: Release = {
    url: `${releases}/v${versions.pulumi}/${file}`,
    checksums: `${releases}/v${versions.pulumi}/pulumi-${versions.pulumi}-checksums.txt`,
  };
  const recipe: Recipe = {
    name: "pulumi-release",
    inputs: [release.url],
    estimate: "1 min",
    verb: "unpacking",
    build: async (folder) => {
      await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], { timeout: 300_000 });
      await rm(archive);
    },
  };
  const archive = join(root, "downloads", file);
  if (!(await lookUp(recipe, root)).present) {
    // A build of an earlier run that had no network is as good, and costs nothing.
    if ((await lookUp(await buildRecipe(), root)).present) return undefined;
    if ((await download(release, archive)) === undefined) return undefined;
  }
  return artifact(recipe, root);
}

async function built(root: string): Promise<string> {
  return artifact(await buildRecipe(), root);
}

async function buildRecipe(): Promise<Recipe> {
  const module = (name: string) => inCheckout("toolchain", "go", name);
  return {
    name: "pulumi",
    estimate: "6 min",
    inputs: [
      ...(await goInputs(module("pulumi"), [cli])),
      ...(await goInputs(module("language-nodejs"), [languageHost])),
    ],
    build: async (folder) => {
      await buildGo(module("pulumi"), [cli], folder);
      await buildGo(module("language-nodejs"), [languageHost], folder);
    },
  };
}
