import { access } from "node:fs/promises";
import { join } from "node:path";
import { lookUp } from "../lib/cache.ts";
import { logLine } from "../lib/log.ts";
import type { Transfer } from "../lib/transfers.ts";
import { nodeModules } from "../tools/node-binaries.ts";
import { debianImage, debianRecipe, type DebianOptions } from "./debian-image.ts";
import type { ImageChoice } from "./location.ts";
import { nixosImage, nixosRecipe } from "./nixos/build.ts";
import { rememberSystem, systemFile, type ImageSystem } from "./remembered.ts";
import { chooseSystem, inWords } from "./system.ts";

/**
 * Provides the node image of a stack. Builds one of the system that {@link chooseSystem} chooses when no setting names one.
 * @returns path of the image; undefined when the stack names its own, because the program reads that one.
 * @throws when NODEFORGE_IMAGE names a file that cannot be read, or the image cannot be built.
 */
export async function provideImage({ origin, source }: ImageChoice): Promise<string | undefined> {
  if (origin === "stack") return undefined;
  if (origin === "cache" || source === undefined) {
    const choice = await chooseSystem();
    logLine(inWords(choice));
    return imageOf(choice.system);
  }
  await access(source).catch(() => {
    throw new Error(`NODEFORGE_IMAGE names ${source}, which cannot be read`);
  });
  return source;
}

/**
 * Returns the transfer of the files that {@link provideImage} will need. It does nothing for a NixOS image, because Nix downloads
 * what it builds from.
 */
export function builtImageTransfer({ origin }: ImageChoice): Transfer {
  return {
    name: "modules of the node image",
    fetch: async (signal) => {
      if (origin !== "cache" || (await chooseSystem()).system !== "debian") return;
      for (const { fetch } of nodeModules()) if (!signal.aborted) await fetch(signal);
    },
  };
}

/** Returns the path of the image that {@link provideImage} would build; undefined when it is not built yet. */
export async function builtImage(): Promise<string | undefined> {
  const { system } = await chooseSystem();
  const { folder, present } = await lookUp(await (system === "nixos" ? nixosRecipe() : debianRecipe()));
  return present ? join(folder, "node.qcow2") : undefined;
}

/**
 * Returns the path of a system's node image, built when the cache does not have it. The checkout then keeps to the system, and
 * to the origin of a Debian image.
 * @param options Options of a Debian image.
 */
export async function imageOf(system: ImageSystem, options: Omit<DebianOptions, "marker"> = {}): Promise<string> {
  if (system === "nixos") {
    const path = await nixosImage();
    await rememberSystem(system);
    return path;
  }
  const { path, origin } = await debianImage(options);
  await rememberSystem(system, systemFile, origin);
  return path;
}
