import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { declarationText, versionsOf, type NodeDeclaration } from "./declaration.ts";
import type { DebianRoot } from "./bootstrap.ts";

/** What is known of a node image: the file `manifest.json` beside `node.qcow2`. */
export interface Manifest {
  /** Version of what guest scripts may rely on. */
  readonly contract: number;
  /** SHA-256 of node.qcow2, in hexadecimal. */
  readonly sha256: string;
  /** Size of node.qcow2. */
  readonly bytes: number;
  /** Programs to versions, Debian's kernel among them. */
  readonly versions: Readonly<Record<string, string>>;
  /** Names and tags of the container images every node has. */
  readonly images: readonly string[];
  /** Debian packages to versions. */
  readonly packages: Readonly<Record<string, string>>;
  readonly builtFrom: {
    readonly suite: string;
    /** Date of the archive, ISO 8601. */
    readonly archive: string;
    /** SHA-256 of nix/node.toml, in hexadecimal. */
    readonly declaration: string;
    readonly marker: string;
  };
}

/** Describes a finished image. */
export async function describeImage(
  image: string,
  node: NodeDeclaration,
  built: DebianRoot & { readonly kernel: string; readonly suite: string; readonly marker: string },
): Promise<Manifest> {
  return {
    contract: node.contract,
    sha256: await hashOf(image),
    bytes: (await stat(image)).size,
    versions: { ...versionsOf(node), linux: built.kernel },
    images: Object.values(node.image).map(({ name }) => name),
    packages: built.packages,
    builtFrom: {
      suite: built.suite,
      archive: new Date(built.epoch * 1000).toISOString(),
      declaration: createHash("sha256").update(declarationText()).digest("hex"),
      marker: built.marker,
    },
  };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
