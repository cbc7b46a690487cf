import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Folder of nixpkgs' lib. NIXPKGS_LIB names it, or a checkout that contains it. Without the variable, its tests are skipped.
 * @throws if the variable names no lib.
 */
export function nixpkgsLib(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { NIXPKGS_LIB: named } = environment;
  if (!named) return undefined;
  const found = [join(named, "lib"), named].find((folder) => existsSync(join(folder, "modules.nix")));
  if (found === undefined)
    throw new Error(`NIXPKGS_LIB is ${named}, which is neither nixpkgs' lib nor a folder that contains it`);
  return resolve(found);
}
