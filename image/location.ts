import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../lib/cache-root.ts";
import { rememberedSystem, systemFile, type ImageSystem } from "./remembered.ts";

/** Names of the cached artifacts that a stack without an image may start from. */
export const imageKinds: Readonly<Record<ImageSystem, string>> = { nixos: "node-image-nixos", debian: "node-image" };

/** Path or URL of an image, and its expected content. */
export interface ImageReference {
  /** Path or URL of the qcow2 file. */
  readonly source: string;
  /** SHA-256 of the file in hexadecimal; "" when none is stated. */
  readonly sha256: string;
}

/** Returns whether an image is named by URL. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/** Node image of a stack, and the origin of its name. */
export interface ImageChoice {
  /** The stack's key `image`, the variable NODEFORGE_IMAGE, or the cache when neither is set. */
  readonly origin: "stack" | "environment" | "cache";
  /** Path or URL; undefined when the cache has no image either. */
  readonly source: string | undefined;
}

/**
 * Chooses the node image of a stack: the stack's own, else that of NODEFORGE_IMAGE, else the cached image that was used last.
 * A cached image must be of the system that this checkout keeps to. Builds nothing and reads no image.
 * @param named Value of the stack's key `image`; "" when it is not set.
 * @param file File with that system. @default {@link systemFile}
 */
export function chooseImage(
  named: string,
  environment: NodeJS.ProcessEnv = process.env,
  file = systemFile,
): ImageChoice {
  if (named !== "") return { origin: "stack", source: named };
  if (environment.NODEFORGE_IMAGE) return { origin: "environment", source: environment.NODEFORGE_IMAGE };
  return { origin: "cache", source: cachedImage(environment, file) };
}

function cachedImage(environment: NodeJS.ProcessEnv, file: string): string | undefined {
  const root = cacheRoot(environment);
  const system = rememberedSystem(file);
  const kinds = system === undefined ? Object.values(imageKinds) : [imageKinds[system]];
  return entries(root)
    .filter((name) => kinds.includes(/^(.+)-[0-9a-f]+$/.exec(name)?.[1] ?? ""))
    .map((name) => ({ path: join(root, name, "node.qcow2"), used: modified(join(root, name)) }))
    .filter(({ path }) => modified(path) !== undefined)
    .sort((one, other) => (other.used ?? 0) - (one.used ?? 0))[0]?.path;
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function modified(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
