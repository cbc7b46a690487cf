import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChecksumError } from "../../lib/download.ts";
import { downloadManifest, localImage } from "../../image/download.ts";
import { file, serve, sha256, type ReleaseServer } from "../lib/release-server.ts";

const content = randomBytes(64 * 1024);
let root: string;
let server: ReleaseServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nodeforge-image-"));
  server = await serve({ "/node.qcow2": file(content) });
  vi.stubEnv("NODEFORGE_OFFLINE", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(root, { recursive: true, force: true });
});

describe("an image named by URL", () => {
  test("is downloaded once, under its hash", async () => {
    const image = { source: `${server.url}/node.qcow2`, sha256: sha256(content) };
    const path = join(root, "images", `${image.sha256}.qcow2`);
    expect(await localImage(image, root)).toEqual({ source: path, sha256: image.sha256 });
    expect(await readFile(path)).toEqual(content);
    await localImage(image, root);
    expect(server.seen).toHaveLength(1);
  });

  test("is downloaded again when the cached file is not what its name says", async () => {
    const image = { source: `${server.url}/node.qcow2`, sha256: sha256(content) };
    const path = join(root, "images", `${image.sha256}.qcow2`);
    await mkdir(join(root, "images"));
    await writeFile(path, Buffer.alloc(content.length));
    expect((await localImage(image, root)).source).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(server.seen).toHaveLength(1);
  });

  test("is refused, not used, when the cached file is damaged and the server is away", async () => {
    const image = { source: `${server.url}/gone.qcow2`, sha256: sha256(content) };
    await mkdir(join(root, "images"));
    await writeFile(join(root, "images", `${image.sha256}.qcow2`), Buffer.alloc(content.length));
    await expect(localImage(image, root)).rejects.toThrow(/gone\.qcow2 cannot be downloaded/);
  });

  test("is refused with another hash, and nothing of it stays", async () => {
    const image = { source: `${server.url}/node.qcow2`, sha256: "0".repeat(64) };
    await expect(localImage(image, root)).rejects.toThrow(ChecksumError);
    expect(await readdir(join(root, "images"))).toEqual([]);
  });

  test("that is not there fails with its name", async () => {
    const image = { source: `${server.url}/other.qcow2`, sha256: sha256(content) };
    await expect(localImage(image, root)).rejects.toThrow(/other\.qcow2 cannot be downloaded/);
  });
});

test("an image named by path is left where it is", async () => {
  const image = { source: "/srv/node.qcow2", sha256: sha256(content) };
  expect(await localImage(image, root)).toEqual(image);
  expect(server.seen).toEqual([]);
});

describe("the manifest of an image named by URL", () => {
  const manifest = { contract: 1, sha256: sha256(content) };
  const serveManifest = async (text: string) => {
    await server.close();
    server = await serve({ "/node.qcow2": file(content), "/node.qcow2.manifest.json": file(Buffer.from(text)) });
    return { source: `${server.url}/node.qcow2`, sha256: sha256(content) };
  };

  test("is downloaded once, to beside the image", async () => {
    const image = await serveManifest(JSON.stringify(manifest));
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(server.seen).toHaveLength(1);
    expect(await readdir(join(root, "images"))).toEqual([`${image.sha256}.qcow2.manifest.json`]);
  });

  test("is downloaded again when a disk has damaged it", async () => {
    const image = await serveManifest(JSON.stringify(manifest));
    await mkdir(join(root, "images"));
    await writeFile(join(root, "images", `${image.sha256}.qcow2.manifest.json`), "");
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(server.seen).toHaveLength(1);
  });

  test("that is no small file is refused", async () => {
    const image = await serveManifest("x".repeat(2 << 20));
    await expect(downloadManifest(image, root)).rejects.toThrow(
      "manifest.json is larger than the expected maximum of 1048576 bytes",
    );
  });

  test("of another image is told and not kept", async () => {
    const other = { ...manifest, sha256: "0".repeat(64) };
    const image = await serveManifest(JSON.stringify(other));
    expect(await downloadManifest(image, root)).toEqual(other);
    expect(await readdir(root)).toEqual([]);
  });

  test("that cannot be read fails with its place", async () => {
    const image = await serveManifest("<html>");
    await expect(downloadManifest(image, root)).rejects.toThrow(
      `${image.source}.manifest.json is not a valid manifest`,
    );
  });

  test("is unknown where there is none", async () => {
    expect(await downloadManifest({ source: `${server.url}/node.qcow2`, sha256: sha256(content) }, root)).toBe(
      undefined,
    );
    expect(await readdir(root)).toEqual([]);
  });
});
