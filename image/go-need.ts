import { buildsPlugins } from "../tools/plugins.ts";
import type { ImageChoice } from "./location.ts";
import { chooseSystem } from "./system.ts";

/** Facts that decide {@link needsGo}; replaced in tests. */
export interface GoFacts {
  /** @default {@link buildsPlugins} */
  readonly plugins?: () => Promise<boolean>;
  /** @default {@link chooseSystem} */
  readonly system?: typeof chooseSystem;
}

/**
 * Whether this machine needs Go: for plugins without a release of the same sources, or for a Debian image of this checkout.
 * The compiler is part of that image's key, so Go is needed also where the cache has the image.
 *
 * Each builder installs Go itself where a download fails later.
 * @param image Image that will be read; undefined for none.
 */
export async function needsGo(
  image: Pick<ImageChoice, "origin"> | undefined,
  { plugins = buildsPlugins, system = chooseSystem }: GoFacts = {},
): Promise<boolean> {
  if (await plugins()) return true;
  return image?.origin === "cache" && (await system()).system === "debian";
}
