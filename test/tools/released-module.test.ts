import { mkdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import type { GoModule } from "../../tools/go-module.ts";
import { differences, packAsset } from "../../tools/release-assets.ts";
import { assetOf, releasePins, sourcesOf, type ReleasePins } from "../../tools/release-pins.ts";
import { isReleased, moduleFolder, moduleTransfer } from "../../tools/released-module.ts";
import { which } from "../../lib/process.ts";
import { releasedSets } from "../../tools/go-sets.ts";
import { file, serve, type ReleaseServer } from "../lib/release-server.ts";
import { test } from "../support/folder.ts";
import { go } from "./fake-go.ts";

vi.mock("../../tools/go.ts", async () => (await import("./fake-go.ts")).fakeGo);

let server: ReleaseServer;
let module: GoModule;
let pins: ReleasePins;

test.beforeEach(async ({ folder }) => {
  go.built = [];
  go.fetched = [];
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  await mkdir(join(folder, "cache"));
  const source = join(folder, "plugin");
  await mkdir(source);
  await writeFile(join(source, "go.mod"), "module plugin\n");
  await writeFile(join(source, "main.go"), "package main\n");
  module = { name: "plugin", folder: source, programs: [{ name: "one", package: "./cmd/one" }], estimate: "1 min" };
  await mkdir(join(folder, "programs"));
  await writeFile(join(folder, "programs", "one"), "released one", { mode: 0o700 });
  const pin = await packAsset(join(folder, "programs"), join(folder, "archive"), await sourcesOf(module));
  server = await serve({ [`/v1/${assetOf(module)}`]: file(await readFile(join(folder, "archive"))) });
  pins = { url: `${server.url}/v1`, assets: { [assetOf(module)]: pin } };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const fetch = (use = pins) => moduleTransfer(module, use).fetch(new AbortController().signal);

describe("the programs of a module", () => {
  test("are downloaded once from a release of the same sources, and not built", async () => {
    const path = await moduleFolder(module, pins);
    expect(await readFile(join(path, "one"), "utf8")).toBe("released one");
    expect((await stat(join(path, "one"))).mode & 0o777).toBe(0o755);
    expect(await moduleFolder(module, pins)).toBe(path);
    expect(server.seen).toHaveLength(1);
    expect(go.built).toEqual([]);
  });

  test("are released while their sources are those of the release", async () => {
    expect(await isReleased(module, pins)).toBe(true);
    expect(await isReleased(module, { ...pins, url: "" })).toBe(false);
    await writeFile(join(module.folder, "main.go"), "package main // changed\n");
    expect(await isReleased(module, pins)).toBe(false);
  });

  test("are downloaded without a compiler", async ({ folder }) => {
    // tar and flock are outside of it, so only `go` is hidden.
    const links = join(folder, "path");
    await mkdir(links);
    for (const name of ["tar", "gzip", "flock"]) await symlink(which(name)!, join(links, name));
    vi.stubEnv("PATH", links);
    expect(await readFile(join(await moduleFolder(module, pins), "one"), "utf8")).toBe("released one");
  });

  test("are built from other sources", async () => {
    await writeFile(join(module.folder, "main.go"), "package main // changed\n");
    expect(await readFile(join(await moduleFolder(module, pins), "one"), "utf8")).toBe("one of plugin");
    expect(server.seen).toEqual([]);
  });

  test.for([
    ["no file", (): ReleasePins => ({ ...pins, assets: {} })],
    ["no address", (): ReleasePins => ({ ...pins, url: "" })],
    ["another address", (): ReleasePins => ({ ...pins, url: `${server.url}/v2` })],
  ] as const)("are built where the release has %s", async ([, change]) => {
    expect(await readFile(join(await moduleFolder(module, change()), "one"), "utf8")).toBe("one of plugin");
    expect(go.built).toEqual(["plugin"]);
  });

  test("that an earlier command built are used, and nothing is downloaded", async () => {
    const built = await moduleFolder(module, { url: "", assets: {} });
    expect(await moduleFolder(module, pins)).toBe(built);
    await fetch();
    expect(server.seen).toEqual([]);
  });

  test("are refused with another hash", async () => {
    const [name, pin] = Object.entries(pins.assets)[0]!;
    const wrong = { ...pins, assets: { [name]: { ...pin, sha256: "f".repeat(64) } } };
    await expect(moduleFolder(module, wrong)).rejects.toThrow(/but f{64} is expected; refused$/);
    expect(go.built).toEqual([]);
  });
});

describe("the transfer of a module", () => {
  test("is the released file, which is then not downloaded again", async () => {
    await fetch();
    expect(server.seen).toHaveLength(1);
    await moduleFolder(module, pins);
    expect(server.seen).toHaveLength(1);
    expect(go.fetched).toEqual([]);
  });

  test("is the modules of the build without a release", async () => {
    await fetch({ url: "", assets: {} });
    expect(go.fetched).toEqual(["plugin"]);
    expect(server.seen).toEqual([]);
  });
});

describe("an archive of a release", () => {
  test("depends on names and contents only", async ({ folder }) => {
    const programs = join(folder, "programs");
    const first = await packAsset(programs, join(folder, "a"), "s");
    await utimes(join(programs, "one"), 1, 1);
    expect(await packAsset(programs, join(folder, "b"), "s")).toEqual(first);
    await writeFile(join(programs, "one"), "other");
    expect((await packAsset(programs, join(folder, "c"), "s")).sha256).not.toBe(first.sha256);
  });

  test("must have the committed hash if its sources are the same", () => {
    const pin = (sha256: string, sources: string) => ({ "a.tar.gz": { sha256, sources } });
    expect(differences(pin("1", "s"), pin("1", "s"))).toEqual([]);
    expect(differences(pin("2", "t"), pin("1", "s"))).toEqual([]);
    expect(differences(pin("2", "s"), {})).toEqual([]);
    expect(differences(pin("2", "s"), pin("1", "s"))).toEqual([
      "a.tar.gz has SHA-256 2, but tools/release.json has 1 of the same sources. Fix: find what differs between the two builds",
    ]);
  });
});

describe("the hash of sources", () => {
  test("changes with a file and with the flags of a program, and not with a test or a page", async () => {
    const before = await sourcesOf(module);
    await writeFile(join(module.folder, "main_test.go"), "package main\n");
    await writeFile(join(module.folder, "README.md"), "text\n");
    expect(await sourcesOf(module)).toBe(before);
    const flags = [{ name: "one", package: "./cmd/one", variables: { "main.v": "1" } }];
    expect(await sourcesOf({ ...module, programs: flags })).not.toBe(before);
    await writeFile(join(module.folder, "go.sum"), "\n");
    expect(await sourcesOf(module)).not.toBe(before);
  });
});

test("release.json names files of released modules only, with both hashes", () => {
  const names = releasedSets.flatMap(({ name }) => ["amd64", "arm64"].map((each) => `${name}-linux-${each}.tar.gz`));
  expect(Object.keys(releasePins.assets).filter((name) => !names.includes(name))).toEqual([]);
  for (const { sha256, sources } of Object.values(releasePins.assets)) {
    expect([sha256, sources].filter((hash) => !/^[0-9a-f]{64}$/.test(hash))).toEqual([]);
  }
  expect(releasePins.url === "").toBe(Object.keys(releasePins.assets).length === 0);
});
