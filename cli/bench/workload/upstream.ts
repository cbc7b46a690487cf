import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../lib/process.ts";
import { versions } from "../../../tools/versions.ts";

/** Begin of a path that names a file of scheduler_perf in the Kubernetes version of this project. */
export const upstreamPrefix = "upstream:";

const module = `k8s.io/kubernetes@v${versions.kubernetes}`;

/** Path of the folder in the module. */
const folder = "test/integration/scheduler_perf";

/** Returns the folder of scheduler_perf in Go's module cache; undefined if the module is not there. Downloads nothing. */
export async function cachedUpstreamFolder(): Promise<string | undefined> {
  const cache = (await run("go", ["env", "GOMODCACHE"])).trim();
  const path = join(cache, module, folder);
  return existsSync(path) ? path : undefined;
}

/**
 * Returns the folder of scheduler_perf in the Kubernetes version of this project. Downloads the module with go if it is missing.
 * Go's checksum database proves the module.
 * @throws if go is not installed, or the module cannot be downloaded.
 */
export async function upstreamFolder(signal?: AbortSignal): Promise<string> {
  const cached = await cachedUpstreamFolder();
  if (cached !== undefined) return cached;
  const output = await run("go", ["mod", "download", "-json", module], {
    // A go.mod or go.work of the current folder must not replace the module.
    env: { GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto", GOFLAGS: "-mod=mod", GOWORK: "off" },
    timeout: 45 * 60_000,
    ...(signal === undefined ? {} : { signal }),
  });
  const { Dir: path } = JSON.parse(output) as { readonly Dir?: string };
  if (path === undefined) throw new Error(`go mod download ${module}: wanted a folder, got ${output}`);
  return join(path, folder);
}
