import { chmod, copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { artifact, lookUp, type Recipe } from "./cache.ts";
import { cacheRoot } from "./cache-root.ts";
import { download, type Release } from "./download.ts";
import { cachedNodeBinaries, nodeBinaries } from "./node-binaries.ts";
import { run, which } from "./process.ts";
import { versions } from "./versions.ts";

/**
 * Path of a kubectl: installed in a version that fits, else the one built for the nodes, else released, else built.
 * @param releases Folder of the project's releases on the web; a test brings its own.
 */
export async function kubectl(releases = "https://dl.k8s.io/release", root = cacheRoot()): Promise<string> {
  const installed = which("kubectl");
  if (installed !== undefined && fitsKubernetes(await versionOf(installed))) return installed;
  const cached = await cachedNodeBinaries("kubernetes");
  if (cached !== undefined) return join(cached, "kubectl");
  return (await released(releases, root)) ?? join(await nodeBinaries("kubernetes"), "kubectl");
}

/** Whether a kubectl of that version may talk to the cluster: Kubernetes supports one minor version of difference. */
export function fitsKubernetes(found: string, wanted: string = versions.kubernetes): boolean {
  const numbers = (text: string) => /^v?(\d+)\.(\d+)\./.exec(text)?.slice(1).map(Number) ?? [];
  const [major, minor = -2] = numbers(found);
  const [wantedMajor, wantedMinor = 0] = numbers(wanted);
  return major === wantedMajor && Math.abs(minor - wantedMinor) <= 1;
}

async function versionOf(path: string): Promise<string> {
  const text = await run(path, ["version", "--client", "--output=json"]);
  const { clientVersion } = JSON.parse(text) as { clientVersion?: { gitVersion?: string } };
  return clientVersion?.gitVersion ?? "";
}

async function released(releases: string, root: string): Promise<string | undefined> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const url = `${releases}/v${versions.kubernetes}/bin/linux/${architecture}/kubectl`;
  const release: Release = { url, checksums: `${url}.sha256` };
  const file = join(root, "downloads", `kubectl-v${versions.kubernetes}`);
  const recipe: Recipe = {
    name: "kubectl-release",
    inputs: [url],
    estimate: "a second",
    verb: "installing",
    build: async (folder) => {
      await copyFile(file, join(folder, "kubectl"));
      await chmod(join(folder, "kubectl"), 0o755);
      await rm(file);
    },
  };
  if (!(await lookUp(recipe, root)).present && (await download(release, file)) === undefined) return undefined;
  return join(await artifact(recipe, root), "kubectl");
}
