import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { readDeclaration } from "../../image/declaration.ts";
import { manifestPlace } from "../../image/manifest.ts";
import { manifestWarning } from "../../image/verify.ts";
import { file, serve, sha256 as hashOf, type ReleaseServer } from "../lib/release-server.ts";
import { test } from "../support/folder.ts";
import { qcow2 } from "../support/qcow2.ts";
import { allProblemsOf, imagePath, imagesOf, imageSha256, sshKeyPath } from "../support/settings.ts";

const { contract } = readDeclaration();
const other = "0".repeat(64);
const withPools = (...pools: object[]) => ({ workerPools: JSON.stringify(pools) });

describe("an image named by path", () => {
  test("is hashed and used in place", async () => {
    const image = { source: imagePath, sha256: imageSha256, manifest: undefined };
    expect(await imagesOf({})).toEqual([image, image]);
    expect(await imagesOf({ imageSha256 })).toEqual([image, image]);
  });

  test.each([
    ["missing", "/nonexistent/node.qcow2", "the path of a readable node image"],
    ["a folder", "/usr", "the path of a readable node image"],
    ["no qcow2 file", sshKeyPath, "a qcow2 image"],
  ])("is refused if it is %s, under the key that names it", async (_, image, expected) => {
    const given = JSON.stringify(image);
    expect(await allProblemsOf({ image })).toEqual([{ key: "image", expected, given }]);
    expect(await allProblemsOf(withPools({ name: "a", count: 1, image }))).toEqual([
      { key: "workerPools[0].image", expected, given },
    ]);
  });

  test("is refused if its hash is not the one that the stack expects", async () => {
    const problem = { expected: `${imageSha256}, the image's own`, given: JSON.stringify(other) };
    expect(await allProblemsOf({ imageSha256: other })).toEqual([{ key: "imageSha256", ...problem }]);
    expect(await allProblemsOf(withPools({ name: "a", count: 1, image: imagePath, imageSha256: other }))).toEqual([
      { key: "workerPools[0].imageSha256", ...problem },
    ]);
  });

  test("is refused in one error with all other problems", async () => {
    const problems = await allProblemsOf({ workers: "-1", image: "/nonexistent/node.qcow2", imageSha256: "abc" });
    expect(problems.map(({ key }) => key).sort()).toEqual(["image", "imageSha256", "workers"]);
  });
});

describe("the manifest of an image", () => {
  const place = manifestPlace(imagePath);
  const write = (manifest: unknown) => writeFile(place, JSON.stringify(manifest));
  afterEach(() => rm(place, { force: true }));

  test("is part of the verified image", async () => {
    const manifest = { contract, sha256: imageSha256 };
    await write(manifest);
    expect((await imagesOf({}))[0]).toEqual({ source: imagePath, sha256: imageSha256, manifest });
  });

  test("of another contract is refused with both contracts", async () => {
    await write({ contract: contract + 1, sha256: imageSha256 });
    expect(await allProblemsOf({})).toEqual([
      {
        key: "image",
        expected: expect.stringContaining(`an image of contract ${contract}, `) as string,
        given: JSON.stringify(`an image of contract ${contract + 1} (${place})`),
      },
    ]);
  });

  test("of another file is refused with both hashes", async () => {
    await write({ contract, sha256: other });
    expect(await allProblemsOf({})).toEqual([
      {
        key: "image",
        expected: expect.stringContaining(`SHA-256 ${other}`) as string,
        given: JSON.stringify(`a file of SHA-256 ${imageSha256} (${place})`),
      },
    ]);
  });

  test("that cannot be read is refused in one error with all other problems", async () => {
    await write({ contract: "new" });
    expect(await allProblemsOf({ workers: "-1" })).toEqual([
      { key: "workers", expected: "at least 0", given: "-1" },
      {
        key: "image",
        expected: "a manifest that can be read (it has no whole number `contract`)",
        given: JSON.stringify(place),
      },
    ]);
  });

  test("may be missing, with a warning", () => {
    expect(manifestWarning(imagePath, undefined)).toContain(`${imagePath} has no manifest (${place})`);
    expect(manifestWarning(imagePath, { contract, sha256: other } as never)).toBe(undefined);
  });
});

describe("two images", () => {
  const url = "https://example.test/node.qcow2";
  const pool = (imageSha256: string) =>
    withPools({ name: "a", count: 1, image: "https://example.test/a.qcow2", imageSha256 });

  test("must differ in the digits that mark volumes and nodes", async () => {
    const alike = `${"0".repeat(12)}${"1".repeat(52)}`;
    expect(await allProblemsOf({ image: url, imageSha256: other, ...pool(alike) })).toEqual([
      {
        key: "workerPools[0].image",
        expected: `an image whose SHA-256 does not begin like that of ${url} (${"0".repeat(12)})`,
        given: '"https://example.test/a.qcow2"',
      },
    ]);
  });

  test("are accepted if they differ in those digits, and if they are equal", async () => {
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    for (const imageSha256 of [`1${other.slice(1)}`, other]) {
      // The download fails, after all checks have passed.
      await expect(imagesOf({ image: url, imageSha256: other, ...pool(imageSha256) }, "/nonexistent")).rejects.toThrow(
        `the node image ${url}`,
      );
    }
    vi.unstubAllEnvs();
  });
});

describe("an image named by URL", () => {
  const content = Buffer.concat([qcow2(), randomBytes(1024)]);
  const sha256 = hashOf(content);
  let root: string;
  let server: ReleaseServer;
  const serveImage = async (manifest?: object, bytes = content) => {
    server = await serve({
      "/node.qcow2": file(bytes),
      ...(manifest && { "/node.qcow2.manifest.json": file(Buffer.from(JSON.stringify(manifest))) }),
    });
    return { image: `${server.url}/node.qcow2`, imageSha256: hashOf(bytes) };
  };
  const downloaded = () => server.seen.filter(({ path }) => path === "/node.qcow2").length;
  test.beforeEach(({ folder }) => {
    root = folder;
    vi.stubEnv("NODEFORGE_OFFLINE", "");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });

  test("is downloaded once with its manifest, even if several pools use it", async () => {
    const manifest = { contract, sha256 };
    const named = await serveImage(manifest);
    const images = await imagesOf({ ...named, ...withPools({ name: "a", count: 1, ...named }) }, root);
    const image = { source: join(root, "images", `${sha256}.qcow2`), sha256, manifest };
    expect(images).toEqual([image, image]);
    expect(await readFile(image.source)).toEqual(content);
    expect(downloaded()).toBe(1);
  });

  test("may have no manifest", async () => {
    expect((await imagesOf(await serveImage(), root))[0]?.manifest).toBe(undefined);
  });

  test("is refused for its header after the download", async () => {
    const named = await serveImage(undefined, Buffer.concat([qcow2({ 8: 512n }), randomBytes(64)]));
    expect(await allProblemsOf(named, root)).toEqual([
      {
        key: "image",
        expected: "a qcow2 image without a backing file (`qemu-img convert` makes one)",
        given: JSON.stringify(named.image),
      },
    ]);
  });

  test("is refused if it is larger than its disk, under the key of the disk", async () => {
    const bytes = Buffer.concat([qcow2({ 24: 21n << 30n }), randomBytes(64)]);
    const pool = { name: "a", count: 1, ...(await serveImage(undefined, bytes)) };
    expect(await allProblemsOf(withPools(pool), root)).toEqual([
      { key: "workerDiskGiB", expected: "at least 21, the size of its image", given: "20" },
    ]);
    expect(await allProblemsOf(withPools({ ...pool, diskGiB: 10 }), root)).toEqual([
      { key: "workerPools[0].diskGiB", expected: "at least 21, the size of its image", given: "10" },
    ]);
  });

  test.each([
    ["of another contract", { contract: contract + 1, sha256 }, `an image of contract ${contract}, `],
    ["of another file", { contract, sha256: other }, `SHA-256 ${other}`],
  ])("is not downloaded if its manifest is one %s", async (_, manifest, expected) => {
    const pool = { name: "a", count: 1, ...(await serveImage(manifest)) };
    expect(await allProblemsOf(withPools(pool), root)).toMatchObject([
      { key: "workerPools[0].image", expected: expect.stringContaining(expected) as string },
    ]);
    expect(downloaded()).toBe(0);
    expect((await readdir(root, { recursive: true })).filter((name) => name.endsWith(".qcow2"))).toEqual([]);
  });

  test("is not downloaded if another key is wrong", async () => {
    const named = await serveImage({ contract, sha256 });
    expect(await allProblemsOf({ ...named, workers: "-1" }, root)).toMatchObject([{ key: "workers" }]);
    const missing = withPools({ name: "a", count: 1, image: "/nonexistent/node.qcow2" });
    expect(await allProblemsOf({ ...named, ...missing }, root)).toMatchObject([{ key: "workerPools[0].image" }]);
    expect(server.seen).toEqual([]);
  });
});
