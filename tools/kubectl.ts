import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "semver";
import { cacheRoot } from "../lib/cache-root.ts";
import { object, readJson, text } from "../lib/outside.ts";
import { cachedNodeBinaries, nodeBinaries } from "./node-binaries.ts";
import { run, which } from "../lib/process.ts";
import { releasedFolder, type ReleasedPrograms } from "./released.ts";
import { pins, versions, type Pins } from "./versions.ts";

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
  const folder = (await releasedFolder(released(releases), { root, sums })) ?? (await nodeBinaries("kubernetes"));
  return join(folder, "kubectl");
}

/** Whether a kubectl of a version suits the cluster: Kubernetes supports a difference of one minor version. */
export function fitsKubernetes(found: string, wanted: string = versions.kubernetes): boolean {
  const [client, cluster] = [parse(found), parse(wanted)];
  if (client === null || cluster === null) return false;
  return client.major === cluster.major && Math.abs(client.minor - cluster.minor) <= 1;
}

/** Version of an installed kubectl; empty for one that does not work, which is as unsuitable as an old one. */
async function versionOf(path: string): Promise<string> {
  try {
    return readClientVersion(await run(path, ["version", "--client", "--output=json"]));
  } catch {
    return "";
  }
}

const printedVersion = object({ clientVersion: object({ gitVersion: text }) });

/** Reads the version that a kubectl prints as JSON. @throws for another text. */
export function readClientVersion(printed: string): string {
  const source = { name: "kubectl's version", fix: "kubectl version --client" };
  const { clientVersion } = readJson<{ clientVersion: { gitVersion: string } }>(printed, source, printedVersion);
  return clientVersion.gitVersion;
}

function released(releases: string): ReleasedPrograms {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return {
    name: "kubectl-release",
    title: "kubectl",
    file: `kubectl-v${versions.kubernetes}-linux-${architecture}`,
    url: `${releases}/v${versions.kubernetes}/bin/linux/${architecture}/kubectl`,
    maximum,
    estimate: "a second",
    verb: "installing",
    unpack: async (file, folder) => {
      await copyFile(file, join(folder, "kubectl"));
      await chmod(join(folder, "kubectl"), 0o755);
    },
  };
}
