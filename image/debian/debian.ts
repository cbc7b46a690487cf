import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";

/** Declaration of the Debian image: debian.toml. Sizes are mebibytes. */
export interface DebianDeclaration {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly "excluded-paths": readonly string[];
  readonly "kept-paths": readonly string[];
  readonly "early-modules": readonly string[];
  readonly "search-path": readonly string[];
  readonly "program-directory": string;
  readonly quiet: readonly string[];
  readonly disk: {
    readonly "size-mib": number;
    readonly "bytes-per-inode": number;
    readonly label: string;
    readonly "disk-uuid": string;
    readonly "boot-uuid": string;
    readonly "root-uuid": string;
    readonly "filesystem-uuid": string;
  };
}

/** Reads debian.toml. */
export function readDebian(): DebianDeclaration {
  const path = fileURLToPath(new URL("debian.toml", import.meta.url));
  return parse(readFileSync(path, "utf8")) as unknown as DebianDeclaration;
}
