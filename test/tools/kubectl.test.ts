import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { fitsKubernetes, kubectl } from "../../tools/kubectl.ts";
import { which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";
import { file, serve, sha256, type ReleaseServer } from "../lib/release-server.ts";
import { test } from "../support/folder.ts";

const architecture = process.arch === "x64" ? "amd64" : process.arch;
const name = `kubectl-v${versions.kubernetes}-linux-${architecture}`;
const content = Buffer.from("#!/bin/sh\n");
let root: string;
let server: ReleaseServer;

test.beforeEach(async ({ folder }) => {
  root = folder;
  server = await serve({ [`/v${versions.kubernetes}/bin/linux/${architecture}/kubectl`]: file(content) });
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  // Without a kubectl of this machine and a compiler, a failed download is an error.
  const programs = join(root, "programs");
  await mkdir(programs);
  await symlink(which("flock")!, join(programs, "flock"));
  vi.stubEnv("PATH", programs);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

describe("an installed kubectl", () => {
  const install = (script: string) =>
    writeFile(join(root, "programs", "kubectl"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  test("of a suitable version is used", async () => {
    await install(`echo '{"clientVersion":{"gitVersion":"v${versions.kubernetes}"}}'`);
    expect(await kubectl(server.url, root, {})).toBe(join(root, "programs", "kubectl"));
    expect(server.seen).toEqual([]);
  });

  test.for([
    ["is too old", `echo '{"clientVersion":{"gitVersion":"v1.20.0"}}'`],
    ["prints something else", "echo no"],
    ["fails", "exit 1"],
  ] as const)("that %s is not used", async ([, script]) => {
    await install(script);
    const path = await kubectl(server.url, root, { [name]: sha256(content) });
    expect(await readFile(path)).toEqual(content);
  });
});

describe("a released kubectl", () => {
  test("is downloaded and checked once", async () => {
    const path = await kubectl(server.url, root, { [name]: sha256(content) });
    expect(await readFile(path)).toEqual(content);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect(await kubectl(server.url, root, { [name]: sha256(content) })).toBe(path);
    expect(server.seen).toHaveLength(1);
  });

  test("is refused with another checksum than the one in versions.json", async () => {
    const attempt = kubectl(server.url, root, { [name]: "f".repeat(64) });
    await expect(attempt).rejects.toThrow(/but f{64} is expected; refused$/);
    expect(await readdir(join(root, "downloads"))).toEqual([]);
  });

  test("is not downloaded when versions.json has no checksum of it", async () => {
    await expect(kubectl(server.url, root, {})).rejects.toThrow(/this machine lacks, for building: golang-go /);
    expect(server.seen).toEqual([]);
  });
});

test.each([
  ["v1.36.0", true],
  ["v1.35.9", true],
  ["v1.37.1", true],
  ["v1.34.0", false],
  ["v1.38.0", false],
  ["", false],
])("kubectl %s fits Kubernetes 1.36.3: %s", (found, expected) => {
  expect(fitsKubernetes(found, "1.36.3")).toBe(expected);
});
