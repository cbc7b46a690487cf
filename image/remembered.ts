import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stateFolder } from "../lib/checkout.ts";
import { replaceFile } from "../lib/files.ts";
import { ownFolder } from "../lib/private-files.ts";

/** Operating system of a node image: NixOS for users, Debian where Nix cannot build. */
export type ImageSystem = "nixos" | "debian";

/** Source of a Debian image's packages. An absent field was never chosen. */
export interface DebianOrigin {
  /** Debian's archive, in the form that `checkArchive` accepts. */
  readonly archive?: string;
  /** State of the archive when `--fresh` asked for it: the hash of its Release files. */
  readonly release?: string;
}

/** File with the image system that this checkout keeps to, and with the origin of its Debian image. */
export const systemFile = join(stateFolder, "node-image");

/** Returns the image system that this checkout keeps to; undefined before its first image. */
export function rememberedSystem(file = systemFile): ImageSystem | undefined {
  const [system] = linesOf(file);
  return system === "nixos" || system === "debian" ? system : undefined;
}

/** Returns the origin of the Debian image that this checkout keeps to. */
export function rememberedOrigin(file = systemFile): DebianOrigin {
  const [, ...lines] = linesOf(file);
  const chosen = lines.map((line) => line.split(" ")).filter(([key = ""]) => ["archive", "release"].includes(key));
  return Object.fromEntries(chosen.map(([key, value = ""]) => [key, value])) as DebianOrigin;
}

/** Makes this checkout keep to an image system, and to the origin of its Debian image. */
export async function rememberSystem(
  system: ImageSystem,
  file = systemFile,
  { archive, release }: DebianOrigin = {},
): Promise<void> {
  const lines = [
    system as string,
    ...(archive === undefined ? [] : [`archive ${archive}`.trim()]),
    ...(release === undefined ? [] : [`release ${release}`]),
  ];
  ownFolder(dirname(file));
  await replaceFile(file, lines.map((line) => `${line}\n`).join(""));
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").trim().split("\n");
  } catch {
    return [];
  }
}
