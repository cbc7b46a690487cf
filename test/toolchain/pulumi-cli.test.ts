import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { which } from "../../toolchain/process.ts";
import { fits, pulumiCli } from "../../toolchain/pulumi-cli.ts";
import { versions } from "../../toolchain/versions.ts";
import { file, serve, sha256, text, type ReleaseServer } from "./release-server.ts";

let root: string;
let server: ReleaseServer | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nodeforge-cli-"));
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  // Whatever Pulumi the machine has, these tests bring their own.
  vi.stubEnv("PATH", [dirname(which("go") ?? ""), "/usr/bin", "/bin"].join(delimiter));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
  await rm(root, { recursive: true, force: true });
});

/** A folder with programs that say they are Pulumi of a version. */
async function programs(folder: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["pulumi", "pulumi-language-nodejs"]) {
    await writeFile(join(folder, name), `#!/bin/sh\necho v${version}\n`);
    await chmod(join(folder, name), 0o755);
  }
}

async function release(hash?: string): Promise<ReleaseServer> {
  await programs(join(root, "made", "pulumi"), versions.pulumi);
  const archive = join(root, "archive.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", join(root, "made"), "pulumi"]);
  const content = await readFile(archive);
  const name = `pulumi-v${versions.pulumi}-linux-${process.arch}.tar.gz`;
  const place = `/v${versions.pulumi}`;
  return serve({
    [`${place}/${name}`]: file(content),
    [`${place}/pulumi-${versions.pulumi}-checksums.txt`]: text(`${hash ?? sha256(content)}  ${name}\n`),
  });
}

describe("the Pulumi CLI", () => {
  test("is downloaded, checked and unpacked once", async () => {
    server = await release();
    const cache = join(root, "cache");
    const folder = await pulumiCli(server.url, cache);
    expect((await readdir(folder)).sort()).toEqual(["pulumi", "pulumi-language-nodejs"]);
    expect(execFileSync(join(folder, "pulumi"), { encoding: "utf8" })).toBe(`v${versions.pulumi}\n`);
    expect(await readdir(join(cache, "downloads"))).toEqual([]);
    const requests = server.seen.length;
    expect(await pulumiCli(server.url, cache)).toBe(folder);
    expect(server.seen.length).toBe(requests);
  });

  test("is refused, not built, when the release has another checksum", async () => {
    server = await release("f".repeat(64));
    await expect(pulumiCli(server.url, join(root, "cache"))).rejects.toThrow(/refused$/);
    expect(await readdir(join(root, "cache", "downloads"))).toEqual([]);
  });

  test("is taken from the machine when it fits", async () => {
    server = await release();
    const installed = join(root, "installed");
    await programs(installed, versions.pulumi);
    vi.stubEnv("PATH", [installed, process.env.PATH].join(delimiter));
    expect(await pulumiCli(server.url, join(root, "cache"))).toBe(installed);
    expect(server.seen).toEqual([]);
  });

  test("is not taken from the machine when it is too old", async () => {
    server = await release();
    const installed = join(root, "installed");
    await programs(installed, "3.100.0");
    vi.stubEnv("PATH", [installed, process.env.PATH].join(delimiter));
    expect(await pulumiCli(server.url, join(root, "cache"))).not.toBe(installed);
  });
});

test.each([
  ["v3.250.0", true],
  ["v3.250.1", true],
  ["v3.301.0", true],
  ["v3.249.9", false],
  ["v4.0.0", false],
  ["v2.999.0", false],
  ["nonsense", false],
])("version %s fits 3.250.0: %s", (found, expected) => {
  expect(fits(found, "3.250.0")).toBe(expected);
});
