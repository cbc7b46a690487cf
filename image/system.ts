import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { rememberedSystem, rememberingText, systemFile, type DebianOrigin, type ImageSystem } from "./location.ts";
import { canBuild, type Ability } from "./nixos/nix.ts";
import { ownFolder } from "../lib/private-files.ts";
import { inspectVirtualisation, type Virtualisation } from "../libvirt/virtualisation.ts";

/** A system, and why it was chosen. */
export interface SystemChoice {
  readonly system: ImageSystem;
  /** Half a sentence. */
  readonly reason: string;
}

/** What {@link chooseSystem} asks; replaced in tests. */
export interface Circumstances {
  readonly remembered: () => ImageSystem | undefined;
  readonly virtualisation: () => Virtualisation;
  readonly nix: () => Promise<Ability>;
}

/**
 * Chooses what the node image is made of: NixOS where Nix can build it and guests run in hardware, else Debian.
 *
 * The first choice stays: another image replaces every machine of a cluster, and neither an installed program nor a network
 * that is away for an hour is a reason for that.
 */
export async function chooseSystem(circumstances: Partial<Circumstances> = {}): Promise<SystemChoice> {
  const { remembered = rememberedSystem, virtualisation = inspectVirtualisation, nix = canBuild } = circumstances;
  const before = remembered();
  if (before !== undefined) {
    const other = before === "nixos" ? "--debian" : "--nix";
    return { system: before, reason: `as before (\`npm run image -- ${other}\` changes that)` };
  }
  const { type, reason } = virtualisation();
  if (type !== "kvm") return { system: "debian", reason: `because guests are emulated: ${reason}` };
  const ability = await nix();
  return { system: ability.able ? "nixos" : "debian", reason: `because ${ability.reason}` };
}

/** A choice as the line that a person reads. */
export function inWords({ system, reason }: SystemChoice): string {
  return `node image: ${system === "nixos" ? "NixOS" : "Debian"}, ${reason}`;
}

/** Makes a system the one that this checkout stays with, and of Debian what its packages come from. */
export async function rememberSystem(system: ImageSystem, file = systemFile, origin: DebianOrigin = {}): Promise<void> {
  ownFolder(dirname(file));
  await writeFile(file, rememberingText(system, origin));
}
