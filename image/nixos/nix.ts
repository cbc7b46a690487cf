import { coerce, lt } from "semver";
import { inCheckout } from "../../lib/checkout.ts";
import { run, which } from "../../lib/process.ts";
import { reachable } from "../../lib/reachability.ts";
import { kvmProblem } from "../../libvirt/virtualisation.ts";

/** The flake of the node image. */
export const flake = inCheckout("nix");

/** The NixOS system of the flake; its configuration is below. */
export const system = `${flake}#nixosConfigurations.node.config`;

/** Whether something can be done here, and why, as half a sentence. */
export interface Ability {
  readonly able: boolean;
  readonly reason: string;
}

/** What {@link canBuild} judges by; replaced in tests. */
export interface Builder {
  /** As Node.js calls it. */
  readonly architecture: string;
  /** URL. */
  readonly binaryCache: string;
  /** KVM's device. */
  readonly kvm: string;
}

/** What the flake's release of nixpkgs demands (its lib/minver.nix). */
const oldest = "2.18";

/**
 * Whether Nix can build the node image on this machine. That its binary cache answers is part of it: without one a NixOS
 * system is built from source, compilers first. So is KVM ({@link diskProblem}).
 */
export async function canBuild({
  architecture = process.arch,
  binaryCache = "https://cache.nixos.org",
  kvm,
}: Partial<Builder> = {}): Promise<Ability> {
  if (architecture !== "x64")
    return { able: false, reason: `the flake is for x86-64, and this machine is ${architecture}` };
  if (which("nix") === undefined) return { able: false, reason: "there is no nix" };
  const [version = ""] = /\d+\.\d+\S*(?=\s*$)/.exec(await run("nix", ["--version"])) ?? [];
  if (lt(coerce(version) ?? "0.0.0", `${oldest}.0`)) {
    return { able: false, reason: `nix ${version} is older than ${oldest}` };
  }
  const problem = diskProblem(kvm);
  if (problem !== undefined) return { able: false, reason: problem };
  if (!(await reachable(binaryCache))) return { able: false, reason: "Nix's binary cache is not to be had" };
  return { able: true, reason: `nix ${version} can build it` };
}

/**
 * Why Nix cannot make a disk on this machine, as half a sentence; undefined when it can. nixpkgs fills a disk in a virtual
 * machine, and its vmTools demand KVM of the builder: Nix refuses to begin without.
 * @param device KVM's device.
 */
export function diskProblem(device?: string): string | undefined {
  const problem = kvmProblem(device);
  return problem && `Nix makes a disk in a virtual machine, and ${problem}`;
}

/**
 * Runs a command of Nix on flakes and returns what it prints.
 * @param timeout Milliseconds. @default 10 minutes, because the first command that needs nixpkgs downloads it
 */
export function nix(args: readonly string[], timeout = 10 * 60_000): Promise<string> {
  // Flakes are off unless the user's nix.conf has them on.
  return run("nix", ["--extra-experimental-features", "nix-command flakes", ...args], { timeout });
}

/**
 * Builds something of the flake and returns its path in the store.
 * @param timeout Milliseconds.
 */
export async function nixBuild(installable: string, timeout: number): Promise<string> {
  return (await nix(["build", "--no-write-lock-file", "--no-link", "--print-out-paths", installable], timeout)).trim();
}

/** What the flake is made of. */
export interface FlakeMetadata {
  /** Commit of its repository; with -dirty when files had changed since, empty outside of a repository. */
  readonly revision: string;
  /** Commit of nixpkgs. */
  readonly nixpkgs: string;
  /** Date of that commit, ISO 8601; absent where the lock does not tell it. */
  readonly nixpkgsDate?: string;
}

interface PrintedMetadata {
  readonly revision?: string;
  readonly dirtyRevision?: string;
  readonly locks: {
    readonly root: string;
    readonly nodes: Readonly<
      Record<
        string,
        {
          readonly inputs?: Readonly<Record<string, string>>;
          readonly locked?: { readonly rev?: string; readonly lastModified?: number };
        }
      >
    >;
  };
}

/**
 * Asks Nix what the flake is made of.
 * @throws when its lock does not name a commit of nixpkgs.
 */
export async function flakeMetadata(): Promise<FlakeMetadata> {
  const text = await nix(["flake", "metadata", "--no-write-lock-file", "--json", flake]);
  const { revision, dirtyRevision, locks } = JSON.parse(text) as PrintedMetadata;
  const { rev: nixpkgs, lastModified } = locks.nodes[locks.nodes[locks.root]?.inputs?.nixpkgs ?? ""]?.locked ?? {};
  if (nixpkgs === undefined) throw new Error(`${flake} has no input nixpkgs that is locked to a commit`);
  const date = lastModified === undefined ? {} : { nixpkgsDate: new Date(lastModified * 1000).toISOString() };
  return { revision: revision ?? dirtyRevision ?? "", nixpkgs, ...date };
}
