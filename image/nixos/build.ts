import { chmod, copyFile, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { artifact, type Input, type Recipe } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { imageKinds } from "../location.ts";
import { diskProblem, flake, flakeMetadata, nix, nixBuild, system, type FlakeMetadata } from "./nix.ts";
import { sourceInput, sourceInputs } from "../sources.ts";
import { readDeclaration, versionsOf } from "../declaration.ts";
import { describeFile, manifestPlace, manifestText, type ImageManifest } from "../manifest.ts";

/** Manifest of a NixOS image. */
export interface NixosManifest extends ImageManifest {
  readonly system: "nixos";
  /** Declared versions of the programs that `versions` has in another one. nix/differences.nix has the reasons. */
  readonly declared: Readonly<Record<string, string>>;
  /** Size of the system's closure, in bytes. */
  readonly closureBytes: number;
  readonly builtFrom: {
    /** Commit of the flake's repository, with `-dirty` if files had changed since; empty outside of a repository. */
    readonly revision: string;
    /** Commit of nixpkgs. */
    readonly nixpkgs: string;
    /** Date of that commit, ISO 8601. */
    readonly nixpkgsDate?: string;
    /** Version of NixOS. */
    readonly nixos: string;
    /** Store path of the system. */
    readonly toplevel: string;
    /** SHA-256 of nix/node.toml, in hexadecimal. */
    readonly declaration: string;
    readonly marker: string;
  };
}

/** Time limit of a build, in milliseconds. Nix downloads most of a system, and fills the disk in a virtual machine under KVM. */
const limit = 120 * 60_000;

/**
 * Returns the path of this checkout's NixOS node image, built when the cache does not have it. Its manifest lies beside it.
 * @param kvm Path of KVM's device; replaced in tests.
 * @throws when the build fails.
 */
export async function nixosImage(kvm?: string): Promise<string> {
  const metadata = await flakeMetadata();
  return join(await artifact(await recipeOf(metadata, kvm)), "node.qcow2");
}

/** Returns the recipe of the image that {@link nixosImage} builds. Builds nothing. */
export async function nixosRecipe(): Promise<Recipe> {
  return recipeOf(await flakeMetadata(), undefined);
}

async function recipeOf(metadata: FlakeMetadata, kvm: string | undefined): Promise<Recipe> {
  return {
    name: imageKinds.nixos,
    // The revision is not an input, because a commit that does not change nix/ makes the same image.
    inputs: ["nixpkgs", metadata.nixpkgs, ...(await nixosSources())],
    estimate: "10 min",
    build: (output) => build(output, metadata, kvm),
  };
}

async function build(output: string, metadata: FlakeMetadata, kvm: string | undefined): Promise<void> {
  // Nix would report it only after it has downloaded a system.
  const problem = diskProblem(kvm);
  if (problem !== undefined) {
    throw new Error(
      `the NixOS image cannot be built: ${problem}. Fix: \`npm run image -- --debian\`, which needs no KVM`,
    );
  }
  // Builds the system first, so that an error in it is not hidden by the build of the disk.
  const toplevel = await nixBuild(`${system}.system.build.toplevel`, limit);
  const image = join(output, "node.qcow2");
  await copyFile(await imageIn(await nixBuild(`${flake}#node-image`, limit)), image);
  // The store's files are read-only.
  await chmod(image, 0o644);
  await writeFile(manifestPlace(image), manifestText(await describeNixos(image, toplevel, metadata)));
}

async function imageIn(built: string): Promise<string> {
  if (built.endsWith(".qcow2")) return built;
  const files = await readdir(built, { recursive: true });
  const found = files.filter((name) => name.endsWith(".qcow2")).map((name) => join(built, name));
  const [image] = found;
  if (image === undefined || found.length > 1)
    throw new Error(`${built} has ${found.length} qcow2 images, expected one`);
  return image;
}

/** Nix function of a system's configuration. Returns the facts that only an evaluation knows: {@link Facts}. */
export const facts = `config: {
  record = builtins.fromJSON config.environment.etc."${relative("/etc", readDeclaration().paths["image-record"])}".text;
  linux = config.boot.kernelPackages.kernel.version;
  nixos = config.system.nixos.version;
}`;

/** Facts of an evaluated system. */
interface Facts {
  /** Record of the image that a node has in `paths.image-record`. */
  readonly record: { readonly marker: string; readonly versions: Readonly<Record<string, string>> };
  /** Version of the kernel. */
  readonly linux: string;
  /** Version of NixOS. */
  readonly nixos: string;
}

async function describeNixos(image: string, toplevel: string, metadata: FlakeMetadata): Promise<NixosManifest> {
  const { declaration, ...file } = await describeFile(image, readDeclaration());
  const { record, linux, nixos } = JSON.parse(
    await nix(["eval", "--no-write-lock-file", "--json", system, "--apply", facts]),
  ) as Facts;
  return {
    ...file,
    system: "nixos",
    versions: { ...record.versions, linux },
    declared: differing(record.versions),
    closureBytes: await closureBytes(toplevel),
    builtFrom: { ...metadata, nixos, toplevel, declaration, marker: record.marker },
  };
}

/** Returns the declared versions of the programs that an image has in another one. */
function differing(found: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const declared = Object.entries(versionsOf(readDeclaration()));
  return Object.fromEntries(declared.filter(([name, version]) => found[name] !== version));
}

/** Returns the size of a closure in bytes. Reads Nix' text, because its JSON differs between versions of Nix. */
async function closureBytes(path: string): Promise<number> {
  const printed = await nix(["path-info", "--closure-size", path]);
  const bytes = Number(/\s(\d+)\s*$/.exec(printed)?.[1]);
  if (!(bytes > 0))
    throw new Error(`nix printed ${JSON.stringify(printed)}, expected the size of the closure of ${path}`);
  return bytes;
}

/**
 * Returns the sources of the image as inputs of its key: the flake, nix/ without its documentation, and the code that writes the
 * manifest.
 * @param root The checkout; replaced in tests.
 */
export async function nixosSources(root = inCheckout()): Promise<readonly Input[]> {
  const files = ["flake.nix", "flake.lock", "image/nixos/build.ts", "image/manifest.ts"];
  return [
    ...(await sourceInputs(join(root, "nix"), (name) => !name.endsWith(".md"))),
    ...(await Promise.all(files.map((file) => sourceInput(join(root, file))))),
  ];
}
