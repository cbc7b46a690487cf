import { readDeclaration } from "../image/declaration.ts";

/**
 * Returns the lines of a [Service] section that restrict a unit which a script makes, one a line. They come from this checkout,
 * because the image of a living cluster may be of an earlier release without them.
 */
export function sandboxLines(): string {
  return linesWithout();
}

/**
 * Returns the lines that restrict a scheduler under test. It may have memory that is both writable and executable, because plugins
 * in WebAssembly are compiled while it runs.
 */
export function schedulerSandboxLines(): string {
  return linesWithout("MemoryDenyWriteExecute");
}

function linesWithout(left?: string): string {
  return Object.entries(readDeclaration().sandbox)
    .filter(([key]) => key !== left)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n");
}
