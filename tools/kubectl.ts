import { chmod, copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "semver";
import { artifact, lookUp, type Recipe } from "../lib/cache.ts";
import { cacheRoot } from "../lib/cache-root.ts";
import { download } from "../lib/download.ts";
import { logLine } from "../lib/log.ts";
import { cachedNodeBinaries, nodeBinaries } from "./node-binaries.ts";
import { run, which } from "../lib/process.ts";
import { pins, pinsFile, versions, type Pins } from "./versions.ts";

/** Largest accepted size in bytes. A kubectl has about 60 MB. */
const maximum = 500e6;

/**
 * Returns the path of a kubectl. The first that exists is used: an installed one of a suitable version, one built for nodes, a
 * released one. Otherwise it is built.
 * @param releases URL of the project's releases. Tests pass their own.
 * @param sums Checksums of the releases.
 */
export async function kubectl(
  releases = "https://dl.k8s.io/release",
  root = cacheRoot(),
  sums: Pins = pins,
): Promise<string> {
  const installed = which("kubectl");
  if (installed !== undefined && fitsKubernetes(await versionOf(installed))) return installed;
  const cached = await cachedNodeBinaries("kubernetes");
  if (cached !== undefined) return join(cached, "kubectl");
  return (await released(releases, root, sums)) ?? join(await nodeBinaries("kubernetes"), "kubectl");
}

/** Whether a kubectl of a version suits the cluster: Kubernetes supports a difference of one minor version. */
export function fitsKubernetes(found: string, wanted: string = versions.kubernetes): boolean {
  const [client, cluster] = [parse(found), parse(wanted)];
  if (client === null || cluster === null) return false;
  return client.major === cluster.major && Math.abs(client.minor - cluster.minor) <= 1;
}

async function versionOf(path: string): Promise<string> {
  const text = await run(path, ["version", "--client", "--output=json"]);
  const { clientVersion } = JSON.parse(text) as { clientVersion?: { gitVersion?: string } };
  return clientVersion?.gitVersion ?? "";
}

async function released(releases: string, root: string, sums: Pins): Promise<string | undefined> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const url = `${releases}/v${versions.kubernetes}/bin/linux/${architecture}/kubectl`;
  const name = `kubectl-v${versions.kubernetes}-linux-${architecture}`;
  const sha256 = sums[name];
  if (sha256 === undefined) {
    logLine(`kubectl is built, not downloaded: ${pinsFile} has no SHA-256 of ${name}`);
    return undefined;
  }
  const file = join(root, "downloads", name);
  const recipe: Recipe = {
    name: "kubectl-release",
    inputs: [url, sha256],
    estimate: "a second",
    verb: "installing",
    checkedBy: pinsFile,
    build: async (folder) => {
      await copyFile(file, join(folder, "kubectl"));
      await chmod(join(folder, "kubectl"), 0o755);
      await rm(file);
    },
  };
  const release = { url, sha256, maximum };
  if (!(await lookUp(recipe, root)).present && (await download(release, file)) === undefined) return undefined;
  return join(await artifact(recipe, root), "kubectl");
}
