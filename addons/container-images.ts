import { readFileSync } from "node:fs";
import { parse } from "smol-toml";

/** Container image that every node image contains. Nodes never pull one. */
export type ContainerImage = "coredns" | "smoke";

/**
 * Returns the full name of a container image, as the node image declares it.
 * @throws when nix/node.toml does not declare it.
 */
export function containerImage(image: ContainerImage): string {
  const text = readFileSync(new URL("../nix/node.toml", import.meta.url), "utf8");
  const declaration = parse(text) as { image: Partial<Record<string, { name?: string }>> };
  const name = declaration.image[image]?.name;
  if (name === undefined) throw new Error(`nix/node.toml declares no container image ${image}`);
  return name;
}
