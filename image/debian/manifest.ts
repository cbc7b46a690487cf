import { versionsOf, type NodeDeclaration } from "../declaration.ts";
import { describeFile, type ImageManifest } from "../manifest.ts";
import type { DebianRoot } from "./bootstrap.ts";

/** The manifest of a Debian image. */
export interface DebianManifest extends ImageManifest {
  readonly system: "debian";
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

/** Returns the manifest of a finished Debian image. */
export async function describeDebian(
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
