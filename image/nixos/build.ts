import { chmod, copyFile, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { artifact, type Input, type Recipe } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { imageKinds } from "../location.ts";
import { diskProblem, flake, flakeMetadata, nix, nixBuild, system, type FlakeMetadata } from "./nix.ts";
import { sourceInput, sourceInputs } from "../sources.ts";
import { readDeclaration } from "../declaration.ts";
import { describeFile, manifestPlace, manifestText, type ImageManifest } from "../manifest.ts";

/** The manifest of a NixOS image. */
export interface NixosManifest extends ImageManifest {
  readonly system: "nixos";
  /** Size of the system with everything it refers to. */
  readonly closureBytes: number;
  readonly builtFrom: {
    /** Commit of the flake's repository; with -dirty when files had changed since, empty outside of a repository. */
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

/** Nix downloads most of a system; what is left is the disk, which it fills in a virtual machine under KVM. */
const limit = 120 * 60_000;

/**
 * Path of the NixOS node image built from this checkout's flake, with its manifest beside it.
 * @param kvm KVM's device; replaced in tests.
 * @throws when it has to be built, and cannot be.
 */
export async function nixosImage(kvm?: string): Promise<string> {
  const metadata = await flakeMetadata();
  return join(await artifact(await recipeOf(metadata, kvm)), "node.qcow2");
}

/** What the NixOS node image is made from, without making it. */
export async function nixosRecipe(): Promise<Recipe> {
  return recipeOf(await flakeMetadata(), undefined);
}

async function recipeOf(metadata: FlakeMetadata, kvm: string | undefined): Promise<Recipe> {
  return {
    name: imageKinds.nixos,
    // The revision does not count: a commit that changes nothing of nix/ makes no other image.
    inputs: ["nixpkgs", metadata.nixpkgs, ...(await sources())],
    estimate: "10 min",
    build: (output) => build(output, metadata, kvm),
  };
}

async function build(output: string, metadata: FlakeMetadata, kvm: string | undefined): Promise<void> {
  // Nix would say so in words of its own, after it has downloaded a system.
  const problem = diskProblem(kvm);
  if (problem !== undefined) {
    throw new Error(`the NixOS image cannot be built here: ${problem}; \`npm run image -- --debian\` needs no KVM`);
  }
  // The system first: what fails in it is said without the disk around it.
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
    throw new Error(`${built} has ${found.length} qcow2 images; one is wanted`);
  return image;
}

/**
 * What only the evaluated system knows, as a function of its configuration: what its nodes say of themselves, and what its
 * packages decide.
 */
export const facts = `config: {
  record = builtins.fromJSON config.environment.etc."${relative("/etc", readDeclaration().paths["image-record"])}".text;
  linux = config.boot.kernelPackages.kernel.version;
  nixos = config.system.nixos.version;
}`;

interface Facts {
  readonly record: { readonly marker: string; readonly versions: Readonly<Record<string, string>> };
  readonly linux: string;
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
    closureBytes: await closureBytes(toplevel),
    builtFrom: { ...metadata, nixos, toplevel, declaration, marker: record.marker },
  };
}

/** As text, because every generation of Nix prints another JSON. */
async function closureBytes(path: string): Promise<number> {
  const printed = await nix(["path-info", "--closure-size", path]);
  const bytes = Number(/\s(\d+)\s*$/.exec(printed)?.[1]);
  if (!(bytes > 0)) throw new Error(`nix does not say how large ${path} is: ${printed}`);
  return bytes;
}

/** Everything of nix/ but its texts for people, and what writes the manifest. */
async function sources(): Promise<readonly Input[]> {
  const writers = [import.meta.filename, inCheckout("image", "manifest.ts")];
  return [
    ...(await sourceInputs(inCheckout("nix"), (name) => !name.endsWith(".md"))),
    ...(await Promise.all(writers.map(sourceInput))),
  ];
}
