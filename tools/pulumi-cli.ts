import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { artifact, lookUp, type Recipe } from "../lib/cache.ts";
import { cacheRoot } from "../lib/cache-root.ts";
import { inCheckout } from "../lib/checkout.ts";
import { download } from "../lib/download.ts";
import { buildGo, checkedByGo, goInputs, type GoProgram } from "./go.ts";
import { logLine } from "../lib/log.ts";
import { run, which } from "../lib/process.ts";
import { pins, pinsFile, versions, type Pins } from "./versions.ts";

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

/**
 * Returns the folder of the Pulumi CLI and its Node language host: installed in the same version, else released, else built.
 * @param releases URL of the project's releases. Tests pass their own.
 * @param sums Checksums of the releases.
 */
export async function pulumiCli(
  releases = "https://github.com/pulumi/pulumi/releases/download",
  root = cacheRoot(),
  sums: Pins = pins,
): Promise<string> {
  return (await installed()) ?? (await released(releases, root, sums)) ?? built(root);
}

/**
 * Returns the folder of an installed CLI with its language host. A CLI of another version is not used, because it sees every
 * secret and was never tested with this program.
 */
async function installed(): Promise<string | undefined> {
  const path = which("pulumi");
  if (path === undefined) return undefined;
  const folder = dirname(path);
  const found = (await run(path, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } })).trim();
  if (found === `v${versions.pulumi}` && which("pulumi-language-nodejs", folder) !== undefined) return folder;
  logLine(`the installed Pulumi ${found} is not used, because this project is tested with v${versions.pulumi}`);
  return undefined;
}

async function released(releases: string, root: string, sums: Pins): Promise<string | undefined> {
  const file = `pulumi-v${versions.pulumi}-linux-${process.arch}.tar.gz`;
  const url = `${releases}/v${versions.pulumi}/${file}`;
  const sha256 = sums[file];
  if (sha256 === undefined) {
    logLine(`Pulumi is built, not downloaded: ${pinsFile} has no SHA-256 of ${file}`);
    return undefined;
  }
  const recipe: Recipe = {
    name: "pulumi-release",
    inputs: [url, sha256],
    estimate: "1 min",
    verb: "unpacking",
    checkedBy: pinsFile,
    build: async (folder) => {
      await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"], { timeout: 300_000 });
      await rm(archive);
    },
  };
  const archive = join(root, "downloads", file);
  if (!(await lookUp(recipe, root)).present) {
    // A build of an earlier run without a network serves as well, and costs nothing.
    if ((await lookUp(await buildRecipe(), root)).present) return undefined;
    if ((await download({ url, sha256, maximum }, archive)) === undefined) return undefined;
  }
  return artifact(recipe, root);
}

async function built(root: string): Promise<string> {
  return artifact(await buildRecipe(), root);
}

async function buildRecipe(): Promise<Recipe> {
  const module = (name: string) => inCheckout("tools", "go", name);
  return {
    name: "pulumi",
    estimate: "6 min",
    checkedBy: checkedByGo,
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
