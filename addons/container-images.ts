import { readFileSync } from "node:fs";
import { parse } from "smol-toml";

/** Container images that every node image carries; nothing is ever pulled. */
export type ContainerImage = "coredns" | "smoke";

/** Full name of a container image, as the declaration of the node image states it. */
export function containerImage(image: ContainerImage): string {
  const text = readFileSync(new URL("../nix/node.toml", import.meta.url), "utf8");
  const declaration = parse(text) as { image: Partial<Record<string, { name?: string }>> };
  const name = declaration.image[image]?.name;
  if (name === undefined) throw new Error(`nix/node.toml declares no container image ${image}`);
  return name;
}
