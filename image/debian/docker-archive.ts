import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar, type Member } from "./archive.ts";
import type { ContainerImage } from "../declaration.ts";

/**
 * A container image of one layer as an archive that `ctr images import` and `docker load` take.
 * @param files The layer's content.
 */
export function dockerArchive(image: ContainerImage, files: readonly Member[]): Buffer {
  const layer = tar(files);
  // Stored compressed: the store keeps the layer beside its unpacked files, and both are part of every node's image.
  const compressed = gzipSync(layer, { level: 9 });
  const config = json({
    architecture: "amd64",
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: containerConfig(image),
    // Of the layer as it is unpacked, not as it is stored.
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z" }],
  });
  const configName = `${sha256(config)}.json`;
  const layerName = `${sha256(compressed)}/layer.tar.gz`;
  const manifest = json([{ Config: configName, RepoTags: [image.name], Layers: [layerName] }]);
  return tar([
    { path: configName, mode: 0o644, content: config },
    { path: layerName, mode: 0o644, content: compressed },
    { path: "manifest.json", mode: 0o644, content: manifest },
  ]);
}

/** How a container of an image is started. */
export function containerConfig(image: ContainerImage) {
  return {
    Entrypoint: image.entrypoint,
    Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    ...(image.user && { User: image.user }),
  };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
