import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { ChecksumError } from "../../lib/download.ts";
import { downloadManifest, imageTransfer, localImage } from "../../image/download.ts";
import type { ImageReference } from "../../image/location.ts";
import { file, serve, sha256, type ReleaseServer } from "../lib/release-server.ts";
import { test } from "../support/folder.ts";

const content = randomBytes(64 * 1024);
let root: string;
let server: ReleaseServer;

test.beforeEach(async ({ folder }) => {
  root = folder;
  server = await serve({ "/node.qcow2": file(content) });
  vi.stubEnv("NODEFORGE_OFFLINE", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
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

  test("is downloaded again if the cached file has another hash", async () => {
    const image = { source: `${server.url}/node.qcow2`, sha256: sha256(content) };
    const path = join(root, "images", `${image.sha256}.qcow2`);
    await mkdir(join(root, "images"));
    await writeFile(path, Buffer.alloc(content.length));
    expect((await localImage(image, root)).source).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(server.seen).toHaveLength(1);
  });

  test("is refused if the cached file is damaged and the server does not have it", async () => {
    const image = { source: `${server.url}/missing.qcow2`, sha256: sha256(content) };
    await mkdir(join(root, "images"));
    await writeFile(join(root, "images", `${image.sha256}.qcow2`), Buffer.alloc(content.length));
    await expect(localImage(image, root)).rejects.toThrow(/missing\.qcow2 cannot be downloaded/);
  });

  test("is refused and deleted if it has another hash", async () => {
    const image = { source: `${server.url}/node.qcow2`, sha256: "0".repeat(64) };
    await expect(localImage(image, root)).rejects.toThrow(ChecksumError);
    expect(await readdir(join(root, "images"))).toEqual([]);
  });

  test("that the server does not have is named in the error", async () => {
    const image = { source: `${server.url}/other.qcow2`, sha256: sha256(content) };
    await expect(localImage(image, root)).rejects.toThrow(/other\.qcow2 cannot be downloaded/);
  });
});

test("an image named by path is used in place", async () => {
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

  test("is downloaded once, into the folder of the image", async () => {
    const image = await serveManifest(JSON.stringify(manifest));
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(server.seen).toHaveLength(1);
    expect(await readdir(join(root, "images"))).toEqual([`${image.sha256}.qcow2.manifest.json`]);
  });

  test("is downloaded again if the cached one is damaged", async () => {
    const image = await serveManifest(JSON.stringify(manifest));
    await mkdir(join(root, "images"));
    await writeFile(join(root, "images", `${image.sha256}.qcow2.manifest.json`), "");
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(await downloadManifest(image, root)).toEqual(manifest);
    expect(server.seen).toHaveLength(1);
  });

  test("larger than 1 MiB is refused", async () => {
    const image = await serveManifest("x".repeat(2 << 20));
    await expect(downloadManifest(image, root)).rejects.toThrow(
      "manifest.json is larger than the expected maximum of 1048576 bytes",
    );
  });

  test("of another image is returned but not kept", async () => {
    const other = { ...manifest, sha256: "0".repeat(64) };
    const image = await serveManifest(JSON.stringify(other));
    expect(await downloadManifest(image, root)).toEqual(other);
    expect(await readdir(root)).toEqual([]);
  });

  test("that cannot be parsed is named in the error", async () => {
    const image = await serveManifest("<html>");
    await expect(downloadManifest(image, root)).rejects.toThrow(
      `${image.source}.manifest.json is not a valid manifest`,
    );
  });

  test("is undefined if the server has none", async () => {
    expect(await downloadManifest({ source: `${server.url}/node.qcow2`, sha256: sha256(content) }, root)).toBe(
      undefined,
    );
    expect(await readdir(root)).toEqual([]);
  });
});

describe("the transfer of an image", () => {
  const fetchEarly = (image: ImageReference) => imageTransfer(image, root).fetch(new AbortController().signal);
  const images = () => readdir(join(root, "images")).catch(() => []);

  test("puts it where it is needed, so that it is downloaded once", async () => {
    const image = { source: `${server.url}/node.qcow2`, sha256: sha256(content) };
    await fetchEarly(image);
    expect(await images()).toEqual([`${image.sha256}.qcow2`]);
    await localImage(image, root);
    expect(server.seen.filter(({ path }) => path === "/node.qcow2")).toHaveLength(1);
  });

  test("does nothing without a hash, and for a file of this machine", async () => {
    await fetchEarly({ source: `${server.url}/node.qcow2`, sha256: "" });
    await fetchEarly({ source: "/images/node.qcow2", sha256: sha256(content) });
    expect(server.seen).toEqual([]);
    expect(await images()).toEqual([]);
  });

  test("does not download an image whose manifest has another contract", async () => {
    const image = { source: `${server.url}/old.qcow2`, sha256: sha256(content) };
    await server.close();
    const manifest = { contract: 1, sha256: image.sha256 };
    server = await serve({
      "/old.qcow2": file(content),
      "/old.qcow2.manifest.json": file(Buffer.from(JSON.stringify(manifest))),
    });
    await fetchEarly({ ...image, source: `${server.url}/old.qcow2` });
    expect(server.seen.map(({ path }) => path)).toEqual(["/old.qcow2.manifest.json"]);
  });
});
