import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { which } from "../../lib/process.ts";
import { etcdutl, etcdutlModule } from "../../tools/etcdutl.ts";
import { packAsset } from "../../tools/release-assets.ts";
import { assetOf, sourcesOf, type ReleasePin, type ReleasePins } from "../../tools/release-pins.ts";
import { file, serve, type ReleaseServer } from "../lib/release-server.ts";
import { test } from "../support/folder.ts";
import { go } from "./fake-go.ts";

vi.mock("../../tools/go.ts", async () => (await import("./fake-go.ts")).fakeGo);

const asset = assetOf(etcdutlModule);
let server: ReleaseServer;
let pin: ReleasePin;

test.beforeEach(async ({ folder }) => {
  go.built = [];
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  vi.stubEnv("NODEFORGE_OFFLINE", "");
  for (const name of ["cache", "programs"]) await mkdir(join(folder, name));
  await writeFile(join(folder, "programs", "etcdutl"), "released etcdutl", { mode: 0o700 });
  pin = await packAsset(join(folder, "programs"), join(folder, "archive"), await sourcesOf(etcdutlModule));
  server = await serve({ [`/v1/${asset}`]: file(await readFile(join(folder, "archive"))) });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

/** Pins of a release with etcdutl. */
const pins = (change: Partial<ReleasePin> = {}): ReleasePins => ({
  url: `${server.url}/v1`,
  assets: { [asset]: { ...pin, ...change } },
});

describe("etcdutl", () => {
  test("is the released one of the same sources, without a compiler", async ({ folder }) => {
    const links = join(folder, "path");
    await mkdir(links);
    for (const name of ["tar", "gzip", "flock"]) await symlink(which(name)!, join(links, name));
    vi.stubEnv("PATH", links);
    const path = await etcdutl(pins());
    expect(await readFile(path, "utf8")).toBe("released etcdutl");
    expect(await etcdutl(pins())).toBe(path);
    expect(server.seen).toHaveLength(1);
    expect(go.built).toEqual([]);
  });

  test("is built where the release is of other sources, or has none", async () => {
    expect(await readFile(await etcdutl(pins({ sources: "f".repeat(64) })), "utf8")).toBe("etcdutl of etcdutl");
    await etcdutl({ url: "", assets: {} });
    expect(server.seen).toEqual([]);
    expect(go.built).toEqual(["etcdutl"]);
  });

  test("is refused with another hash, and not built", async () => {
    await expect(etcdutl(pins({ sha256: "f".repeat(64) }))).rejects.toThrow(/but f{64} is expected; refused$/);
    expect(server.seen).toHaveLength(1);
    expect(go.built).toEqual([]);
  });
});
