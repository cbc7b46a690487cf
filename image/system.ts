import { inspectVirtualisation, type Virtualisation } from "../libvirt/virtualisation.ts";
import { canBuild, type Ability } from "./nixos/nix.ts";
import { rememberedSystem, type ImageSystem } from "./remembered.ts";

/** The system of a node image, and the reason for it. */
export interface SystemChoice {
  readonly system: ImageSystem;
  /** A clause, such as "because guests are emulated". */
  readonly reason: string;
}

/** Facts that decide {@link chooseSystem}; replaced in tests. */
export interface Circumstances {
  readonly remembered: () => ImageSystem | undefined;
  readonly virtualisation: () => Virtualisation;
  readonly nix: () => Promise<Ability>;
}

/**
 * Chooses the system of the node image: NixOS where Nix can build it and guests run in hardware, else Debian.
 *
 * A checkout keeps to its first choice, because another image replaces every machine of a cluster. A newly installed program
 * or an hour without network must not do that.
 */
export async function chooseSystem(circumstances: Partial<Circumstances> = {}): Promise<SystemChoice> {
  const { remembered = rememberedSystem, virtualisation = inspectVirtualisation, nix = canBuild } = circumstances;
  const before = remembered();
  if (before !== undefined) {
    const other = before === "nixos" ? "--debian" : "--nix";
    return { system: before, reason: `as before (\`npm run image -- ${other}\` changes the system)` };
  }
  const { type, reason } = virtualisation();
  if (type !== "kvm") return { system: "debian", reason: `because guests are emulated: ${reason}` };
  const ability = await nix();
  return { system: ability.able ? "nixos" : "debian", reason: `because ${ability.reason}` };
}

/** Returns a choice as a line for the user. */
export function inWords({ system, reason }: SystemChoice): string {
  return `node image: ${system === "nixos" ? "NixOS" : "Debian"}, ${reason}`;
}
