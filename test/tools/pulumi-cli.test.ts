import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { which } from "../../lib/process.ts";
import { pulumiArchive, pulumiCli } from "../../tools/pulumi-cli.ts";
import { versions, type Pins } from "../../tools/versions.ts";
import { file, serve, sha256, type ReleaseServer } from "../lib/release-server.ts";
import { test } from "../support/folder.ts";

let root: string;
let server: ReleaseServer | undefined;

test.beforeEach(({ folder }) => {
  root = folder;
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  // These tests use their own Pulumi, whether or not the machine has one.
  vi.stubEnv("PATH", [dirname(which("go") ?? ""), "/usr/bin", "/bin"].join(delimiter));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

/** Makes a folder with programs that print a version of Pulumi. */
async function programs(folder: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["pulumi", "pulumi-language-nodejs"]) {
    await writeFile(join(folder, name), `#!/bin/sh\necho v${version}\n`);
    await chmod(join(folder, name), 0o755);
  }
}

const archiveName = `pulumi-v${versions.pulumi}-linux-${process.arch}.tar.gz`;

/** Serves a release and returns its entry for versions.json. */
async function release(): Promise<Record<string, string>> {
  await programs(join(root, "made", "pulumi"), versions.pulumi);
  const archive = join(root, "archive.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", join(root, "made"), "pulumi"]);
  const content = await readFile(archive);
  server = await serve({ [`/v${versions.pulumi}/${archiveName}`]: file(content) });
  return { [archiveName]: sha256(content) };
}

const places = (sums: Pins) => ({ releases: server?.url ?? "", root: join(root, "cache"), sums });

describe("the Pulumi CLI", () => {
  test("is downloaded, checked and unpacked once", async () => {
    const pins = await release();
    const folder = await pulumiCli(places(pins));
    expect((await readdir(folder)).sort()).toEqual(["pulumi", "pulumi-language-nodejs"]);
    expect(execFileSync(join(folder, "pulumi"), { encoding: "utf8" })).toBe(`v${versions.pulumi}\n`);
    expect(await readdir(join(root, "cache", "downloads"))).toEqual([]);
    expect(await pulumiCli(places(pins))).toBe(folder);
    expect(server?.seen).toHaveLength(1);
  });

  test("is refused, not built, if the release has another checksum than versions.json", async () => {
    await release();
    const attempt = pulumiCli(places({ [archiveName]: "f".repeat(64) }));
    await expect(attempt).rejects.toThrow(/but f{64} is expected; refused$/);
    expect(await readdir(join(root, "cache", "downloads"))).toEqual([]);
  });

  test("is not downloaded when versions.json has no checksum of it", async () => {
    await release();
    vi.stubEnv("PATH", "");
    // The build begins with the compiler, which is missing here.
    await expect(pulumiCli(places({}))).rejects.toThrow(/this machine lacks, for building: golang-go /);
    expect(server?.seen).toEqual([]);
  });

  test("is used from the machine in the same version", async () => {
    const pins = await release();
    const installed = join(root, "installed");
    await programs(installed, versions.pulumi);
    vi.stubEnv("PATH", [installed, process.env.PATH].join(delimiter));
    expect(await pulumiCli(places(pins))).toBe(installed);
    expect(server?.seen).toEqual([]);
  });

  test.each(["3.100.0", "3.999.0", "4.0.0"])("is not used from the machine in version %s", async (version) => {
    const pins = await release();
    const installed = join(root, "installed");
    await programs(installed, version);
    vi.stubEnv("PATH", [installed, process.env.PATH].join(delimiter));
    expect(await pulumiCli(places(pins))).not.toBe(installed);
    expect(server?.seen).toHaveLength(1);
  });
});

describe("the archive of the Pulumi CLI", () => {
  const fetchEarly = (sums: Pins) => pulumiArchive(places(sums)).fetch(new AbortController().signal);

  test("is downloaded before the CLI is needed, and not again", async () => {
    const pins = await release();
    await fetchEarly(pins);
    expect(await readdir(join(root, "cache", "downloads"))).toEqual([archiveName]);
    expect(await readdir(await pulumiCli(places(pins)))).toHaveLength(2);
    await fetchEarly(pins);
    expect(server?.seen).toHaveLength(1);
  });

  test("is not downloaded early without a checksum", async () => {
    await release();
    await fetchEarly({});
    expect(server?.seen).toEqual([]);
  });

  test("is not downloaded early if the machine has the same version", async () => {
    const pins = await release();
    const installed = join(root, "installed");
    await programs(installed, versions.pulumi);
    vi.stubEnv("PATH", [installed, process.env.PATH].join(delimiter));
    await fetchEarly(pins);
    expect(server?.seen).toEqual([]);
  });
});
