import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { sha256Of } from "../lib/files.ts";
import { declarationText, versionsOf, type NodeDeclaration } from "./declaration.ts";
import type { DebianRoot } from "./debian/bootstrap.ts";

/** What is known of a node image, as far as the program reads it; docs/image-manifest.schema.json describes all of it. */
export interface ImageManifest {
  /** Version of what guest scripts may rely on: `contract` in the nix/node.toml it was built from. */
  readonly contract: number;
  /** SHA-256 of the image's file, in hexadecimal. */
  readonly sha256: string;
  /** Size of the image's file. */
  readonly bytes: number;
  /** What it is made of. */
  readonly system: "nixos" | "debian";
  /** Programs to versions, the kernel (`linux`) among them. */
  readonly versions: Readonly<Record<string, string>>;
  /** Names and tags of the container images every node has. */
  readonly images: readonly string[];
  /** What it was built from; the fields differ between systems. */
  readonly builtFrom: Readonly<Record<string, unknown>>;
}

/** The manifest of a Debian image. */
export interface DebianManifest extends ImageManifest {
  readonly system: "debian";
  /** Debian packages to versions. */
  readonly packages: Readonly<Record<string, string>>;
  readonly builtFrom: {
    readonly suite: string;
    /** Date of the archive, ISO 8601. */
    readonly archive: string;
    /** Hash of the archive's Release files, in hexadecimal; absent from images of earlier releases. */
    readonly release?: string;
    /** SHA-256 of nix/node.toml, in hexadecimal. */
    readonly declaration: string;
    readonly marker: string;
  };
}

/**
 * Where an image's manifest is: beside the image, under the image's whole name with `.manifest.json` added. That is the one
 * rule, for a path as for a URL, whose query stays at its end.
 */
export function manifestPlace(image: string): string {
  if (!/^https?:/.test(image)) return `${image}.manifest.json`;
  const url = new URL(image);
  url.pathname += ".manifest.json";
  return url.href;
}

/** Text of a manifest's file. */
export function manifestText(manifest: ImageManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** What every manifest says of an image's file and of the declaration it was built from. */
export async function describeFile(image: string, node: NodeDeclaration) {
  return {
    contract: node.contract,
    sha256: await sha256Of(image),
    bytes: (await stat(image)).size,
    images: Object.values(node.image).map(({ name }) => name),
    declaration: createHash("sha256").update(declarationText()).digest("hex"),
  };
}

/** Describes a finished Debian image. */
export async function describeImage(
  image: string,
  node: NodeDeclaration,
  built: DebianRoot & { readonly kernel: string; readonly suite: string; readonly marker: string },
): Promise<DebianManifest> {
  const { declaration, ...file } = await describeFile(image, node);
  return {
    ...file,
    system: "debian",
    versions: { ...versionsOf(node), linux: built.kernel },
    packages: built.packages,
    builtFrom: {
      suite: built.suite,
      archive: new Date(built.epoch * 1000).toISOString(),
      release: built.release,
      declaration,
      marker: built.marker,
    },
  };
}
