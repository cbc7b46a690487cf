import { coerce, lt } from "semver";
import { inCheckout } from "../../lib/checkout.ts";
import { anyObject, mapOf, object, readJson, text } from "../../lib/outside.ts";
import { run, which } from "../../lib/process.ts";
import { reachable } from "../../lib/reachability.ts";
import { kvmProblem } from "../../libvirt/virtualisation.ts";

/** Path of the flake: the checkout. */
export const flake = inCheckout();

/** Installable of the configuration of the flake's NixOS system. */
export const system = `${flake}#nixosConfigurations.node.config`;

/** Whether this machine can do something, and the reason as a clause. */
export interface Ability {
  readonly able: boolean;
  readonly reason: string;
}

/** Facts that decide {@link canBuild}; replaced in tests. */
export interface Builder {
  /** Architecture, as Node.js names it. */
  readonly architecture: string;
  /** URL. */
  readonly binaryCache: string;
  /** Path of KVM's device. */
  readonly kvm: string;
}

/** Oldest version of Nix that the flake's release of nixpkgs supports (its lib/minfeatures.nix). */
export const oldestNix = "2.18";

/**
 * Returns whether Nix can build the node image on this machine. It needs KVM ({@link diskProblem}) and Nix's binary cache, because
 * it would otherwise build a whole system from source.
 */
export async function canBuild({
  architecture = process.arch,
  binaryCache = "https://cache.nixos.org",
  kvm,
}: Partial<Builder> = {}): Promise<Ability> {
  if (architecture !== "x64")
    return { able: false, reason: `the flake is for x86-64, and this machine is ${architecture}` };
  if (which("nix") === undefined) return { able: false, reason: "nix is not installed" };
  const [version = ""] = /\d+\.\d+\S*(?=\s*$)/.exec(await run("nix", ["--version"])) ?? [];
  if (lt(coerce(version) ?? "0.0.0", `${oldestNix}.0`)) {
    return { able: false, reason: `nix ${version} is older than ${oldestNix}` };
  }
  const problem = diskProblem(kvm);
  if (problem !== undefined) return { able: false, reason: problem };
  if (!(await reachable(binaryCache))) return { able: false, reason: "Nix's binary cache is not reachable" };
  return { able: true, reason: `nix ${version} can build it` };
}

/**
 * Returns the reason why Nix cannot make a disk on this machine, as a clause; undefined when it can. nixpkgs fills a disk in a
 * virtual machine, and its vmTools need KVM.
 * @param device Path of KVM's device.
 */
export function diskProblem(device?: string): string | undefined {
  const problem = kvmProblem(device);
  return problem && `Nix makes a disk in a virtual machine, and ${problem}`;
}

/**
 * Runs a Nix command and returns its output.
 * @param timeout Milliseconds. @default 10 minutes, because the first command that needs nixpkgs downloads it
 */
export function nix(args: readonly string[], timeout = 10 * 60_000): Promise<string> {
  // By default, Nix disables flakes.
  return run("nix", ["--extra-experimental-features", "nix-command flakes", ...args], { timeout });
}

/**
 * Builds an output of the flake and returns its path in the store.
 * @param timeout Milliseconds.
 */
export async function nixBuild(installable: string, timeout: number): Promise<string> {
  return (await nix(["build", "--no-write-lock-file", "--no-link", "--print-out-paths", installable], timeout)).trim();
}

/** Sources of the flake. */
export interface FlakeMetadata {
  /** Commit of its repository, with `-dirty` if files had changed since; empty outside of a repository. */
  readonly revision: string;
  /** Commit of nixpkgs. */
  readonly nixpkgs: string;
  /** Date of that commit, ISO 8601; absent when the lock does not state it. */
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
          // An input that follows another one is a path of names.
          readonly inputs?: Readonly<Record<string, string | readonly string[]>>;
          readonly locked?: { readonly rev?: string; readonly lastModified?: number };
        }
      >
    >;
  };
}

const lockedSource = object(
  {},
  { rev: text, lastModified: { type: "integer", minimum: 0, maximum: 8_640_000_000_000 } },
);
const printedMetadata = object(
  { locks: object({ root: text, nodes: mapOf(object({}, { inputs: anyObject, locked: lockedSource })) }) },
  { revision: text, dirtyRevision: text },
);

/**
 * Asks Nix for the sources of the flake.
 * @throws when its lock does not name a commit of nixpkgs.
 */
export async function flakeMetadata(): Promise<FlakeMetadata> {
  return readMetadata(await nix(["flake", "metadata", "--no-write-lock-file", "--json", flake]));
}

/** Reads the sources of the flake as Nix prints them. @throws for another text, and for a lock without a commit of nixpkgs. */
export function readMetadata(printed: string): FlakeMetadata {
  const source = { name: "Nix's description of the flake", fix: `nix flake metadata --json ${flake}` };
  const { revision, dirtyRevision, locks } = readJson<PrintedMetadata>(printed, source, printedMetadata);
  const input = locks.nodes[locks.root]?.inputs?.nixpkgs;
  const { rev: nixpkgs, lastModified } = (typeof input === "string" ? locks.nodes[input]?.locked : undefined) ?? {};
  if (nixpkgs === undefined) throw new Error(`${flake} has no locked input nixpkgs, expected one with a commit`);
  const date = lastModified === undefined ? {} : { nixpkgsDate: new Date(lastModified * 1000).toISOString() };
  return { revision: revision ?? dirtyRevision ?? "", nixpkgs, ...date };
}
