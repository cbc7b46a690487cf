import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchImage, unknownOf } from "../../config/image.ts";
import { ConfigError } from "../../config/problems.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { manifestPlace } from "../../image/manifest.ts";
import { qcow2 } from "../support/qcow2.ts";
import { configWith, imagePath, imageSha256, problemsOf } from "../support/settings.ts";
import { file, serve, type ReleaseServer } from "../lib/release-server.ts";

const { contract } = readDeclaration();
const other = "0".repeat(64);

describe("the manifest of an image", () => {
  const place = manifestPlace(imagePath);
  const write = (manifest: unknown) => writeFile(place, JSON.stringify(manifest));
  afterEach(() => rm(place, { force: true }));

  it("becomes part of the configuration", async () => {
    const manifest = { contract, sha256: imageSha256 };
    await write(manifest);
    expect(configWith().image).toEqual({ source: imagePath, sha256: imageSha256, manifest });
  });

  it("may be missing", () => {
    expect(configWith().image).toEqual({ source: imagePath, sha256: imageSha256 });
  });

  it("of another contract makes the image a wrong one, and says what both are", async () => {
    await write({ contract: contract + 1, sha256: imageSha256 });
    expect(problemsOf({})).toEqual([
      {
        key: "image",
        wanted: expect.stringContaining(`an image of contract ${contract}, `) as string,
        given: JSON.stringify(`an image of contract ${contract + 1} (${place})`),
      },
    ]);
  });

  it("of another file makes the image a wrong one", async () => {
    await write({ contract, sha256: other });
    expect(problemsOf({})).toEqual([
      {
        key: "image",
        wanted: expect.stringContaining(`SHA-256 ${other}`) as string,
        given: JSON.stringify(`a file of SHA-256 ${imageSha256} (${place})`),
      },
    ]);
  });

  it("that cannot be read is named, among everything else that is wrong", async () => {
    await write({ contract: "new" });
    expect(problemsOf({ workers: "-1" }).map(({ key }) => key)).toEqual(["image", "workers"]);
    expect(problemsOf({})[0]).toMatchObject({ given: JSON.stringify(place) });
  });

  it("is missed in words", () => {
    expect(unknownOf(imagePath, undefined)).toContain(`${imagePath} has no manifest (${place})`);
    expect(unknownOf(imagePath, { contract, sha256: other } as never)).toBe(undefined);
  });
});

describe("an image named by URL", () => {
  const content = Buffer.concat([qcow2(), randomBytes(1024)]);
  const sha256 = createHash("sha256").update(content).digest("hex");
  let root: string;
  let server: ReleaseServer;
  const imageWith = async (manifest?: object) => {
    server = await serve({
      "/node.qcow2": file(content),
      ...(manifest && { "/node.qcow2.manifest.json": file(Buffer.from(JSON.stringify(manifest))) }),
    });
    return { source: `${server.url}/node.qcow2`, sha256 };
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "nodeforge-image-"));
    vi.stubEnv("NODEFORGE_OFFLINE", "");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  it("comes with its manifest", async () => {
    const manifest = { contract, sha256 };
    const image = await fetchImage(await imageWith(manifest), { root });
    expect(image).toEqual({ source: join(root, "images", `${sha256}.qcow2`), sha256, manifest });
    expect(await readFile(image.source)).toEqual(content);
  });

  it("is refused by its header when it is here, and when it is larger than a disk", async () => {
    const evil = Buffer.concat([qcow2({ 8: 512n }), randomBytes(64)]);
    server = await serve({ "/node.qcow2": file(evil) });
    const image = { source: `${server.url}/node.qcow2`, sha256: createHash("sha256").update(evil).digest("hex") };
    await expect(fetchImage(image, { root })).rejects.toThrow(
      /nodeforge:image: wanted a qcow2 image without a backing/,
    );
    await server.close();
    const large = await imageWith({ contract, sha256 });
    await expect(fetchImage(large, { key: "workerPools.a.image", diskGiB: 0.5, root })).rejects.toThrow(
      "nodeforge:workerPools.a.image: wanted an image for disks of 0.5 GiB",
    );
  });

  it("may have none", async () => {
    expect((await fetchImage(await imageWith(), { root })).manifest).toBe(undefined);
  });

  it.each([
    { contract: contract + 1, sha256 },
    { contract, sha256: other },
  ])("is not even downloaded with %o", async (manifest) => {
    await expect(fetchImage(await imageWith(manifest), { root })).rejects.toThrow(ConfigError);
    expect((await readdir(root, { recursive: true })).filter((name) => name.endsWith(".qcow2"))).toEqual([]);
  });
});

it("an image named by path stays where it is", async () => {
  const image = { source: "/srv/node.qcow2", sha256: other };
  expect(await fetchImage(image)).toEqual(image);
});
