import { readDeclaration } from "../image/declaration.ts";

/**
 * Returns the lines of a [Service] section that restrict a unit which a script makes, one a line. They come from this checkout,
 * because the image of a living cluster may be of an earlier release without them.
 */
export function sandboxLines(): string {
  return Object.entries(readDeclaration().sandbox)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n");
}
