import { stat } from "node:fs/promises";
import { sha256, sha256Of } from "../lib/digest.ts";
import { declarationText, type NodeDeclaration } from "./declaration.ts";

// The builders write with this file, so its code is part of the key of every image. manifest-reader.ts is not.

/** The manifest of a node image, as far as the program reads it. docs/image-manifest.schema.json describes every field. */
export interface ImageManifest {
  /** Version of the interface that guest scripts rely on: `contract` of the nix/node.toml that the image was built from. */
  readonly contract: number;
  /** SHA-256 of the image's file, in hexadecimal. */
  readonly sha256: string;
  /** Size of the image's file, in bytes. */
  readonly bytes: number;
  readonly system: "nixos" | "debian";
  /** Programs to versions. The kernel is `linux`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Debian packages to versions; absent from the manifest of a NixOS image. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Names and tags of the container images that every node has. */
  readonly images: readonly string[];
  /** Sources of the image. The fields differ between systems. */
  readonly builtFrom: Readonly<Record<string, unknown>>;
}

/**
 * Returns the place of an image's manifest: beside the image, with `.manifest.json` added to the image's whole name. The rule
 * holds for paths and for URLs. The query of a URL stays at its end.
 * @param image Path or URL.
 */
export function manifestPlace(image: string): string {
  if (!/^https?:/.test(image)) return `${image}.manifest.json`;
  const url = new URL(image);
  url.pathname += ".manifest.json";
  return url.href;
}

/** Returns the text of a manifest's file. */
export function manifestText(manifest: ImageManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Returns the fields that the manifests of both systems share: those of the image's file and of its declaration. */
export async function describeFile(image: string, node: NodeDeclaration) {
  return {
    contract: node.contract,
    sha256: await sha256Of(image),
    bytes: (await stat(image)).size,
    images: Object.values(node.image).map(({ name }) => name),
    declaration: sha256(declarationText()),
  };
}
