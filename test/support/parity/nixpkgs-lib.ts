import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Folder of nixpkgs' lib, where NIXPKGS_LIB names it or a checkout that has it. Unset, what needs it is skipped.
 * @throws when it is set and there is no lib.
 */
export function nixpkgsLib(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { NIXPKGS_LIB: named } = environment;
  if (!named) return undefined;
  const found = [join(named, "lib"), named].find((folder) => existsSync(join(folder, "modules.nix")));
  if (found === undefined)
    throw new Error(`NIXPKGS_LIB is ${named}, which is neither nixpkgs' lib nor a folder that has it`);
  return resolve(found);
}
