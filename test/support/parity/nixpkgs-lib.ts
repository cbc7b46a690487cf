import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Returns the folder of nixpkgs' lib. NIXPKGS_LIB names the folder, or a checkout of nixpkgs. If it is unset, tests that need it
 * are skipped.
 * @returns undefined if NIXPKGS_LIB is unset.
 * @throws if it names no lib.
 */
export function nixpkgsLib(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { NIXPKGS_LIB: named } = environment;
  if (!named) return undefined;
  const found = [join(named, "lib"), named].find((folder) => existsSync(join(folder, "modules.nix")));
  if (found === undefined) throw new Error(`NIXPKGS_LIB is ${named}, expected nixpkgs' lib or a folder with it`);
  return resolve(found);
}
