import { gzipSync } from "node:zlib";
import { sha256 } from "../../lib/digest.ts";
import { tar, type Member } from "./archive.ts";
import type { ContainerImage } from "../declaration.ts";

/**
 * Returns a container image of one layer as an archive that `ctr images import` and `docker load` read.
 * @param files Content of the layer.
 */
export function dockerArchive(image: ContainerImage, files: readonly Member[]): Buffer {
  const layer = tar(files);
  // Compressed, because the store keeps the layer beside its unpacked files, and a node's image contains both.
  const compressed = gzipSync(layer, { level: 9 });
  const config = json({
    architecture: "amd64",
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: containerConfig(image),
    // A diff ID is the digest of the uncompressed layer.
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

/** Returns the configuration of a container image: its program, environment and user. */
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
