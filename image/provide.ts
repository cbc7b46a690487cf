import { access } from "node:fs/promises";
import { basename, join } from "node:path";
import { artifact, lookUp, type Input, type Recipe } from "../lib/cache.ts";
import { inCheckout } from "../lib/checkout.ts";
import {
  imageKinds,
  rememberedOrigin,
  systemFile,
  type DebianOrigin,
  type ImageChoice,
  type ImageSystem,
} from "./location.ts";
import { chooseSystem, inWords, rememberSystem } from "./system.ts";
import { logLine } from "../lib/log.ts";
import { nixosImage, nixosRecipe } from "./nixos/build.ts";
import { lookUpNodeBinaries, nodeBinaries } from "../tools/node-binaries.ts";
import { sourceInput, sourceInputs } from "./sources.ts";
import { buildNodeImage } from "./debian/build.ts";
import { checkArchive, readRelease } from "./debian/debian-archive.ts";
import { readDebian } from "./debian/debian.ts";
import { asRoot, provideImageTools } from "../tools/requirements.ts";

/**
 * Makes sure that the node image of a stack is there, and builds it where nothing names one; logs the system that
 * {@link chooseSystem} chooses for it.
 * @returns path of the image; undefined when the stack names its own, which the program reads.
 * @throws when NODEFORGE_IMAGE names a file that cannot be read, or the image cannot be built.
 */
export async function provideImage({ origin, source }: ImageChoice): Promise<string | undefined> {
  if (origin === "stack") return undefined;
  if (origin === "cache" || source === undefined) {
    const choice = await chooseSystem();
    logLine(inWords(choice));
    return imageOf(choice.system);
  }
  await access(source).catch(() => {
    throw new Error(`NODEFORGE_IMAGE names ${source}, which cannot be read`);
  });
  return source;
}

/** Path of the node image that {@link provideImage} would use or build for a stack that names none; undefined when it is not built. */
export async function builtImage(): Promise<string | undefined> {
  const { system } = await chooseSystem();
  const { folder, present } = await lookUp(system === "nixos" ? await nixosRecipe() : await presentRecipe());
  return present ? join(folder, "node.qcow2") : undefined;
}

/**
 * Path of the node image of a system, built when the cache does not have it; the checkout stays with the system, and with
 * what is wished of a Debian image.
 */
export async function imageOf(system: ImageSystem, wish: DebianWish = {}): Promise<string> {
  if (system === "nixos") {
    const path = await nixosImage();
    await rememberSystem(system);
    return path;
  }
  const { path, origin } = await debianImageFrom(wish);
  await rememberSystem(system, systemFile, origin);
  return path;
}

/** What a Debian image is to be built from. */
export interface DebianWish {
  /** Debian's archive, as {@link checkArchive} takes it. @default what this checkout stays with, else NODEFORGE_DEBIAN_ARCHIVE */
  readonly archive?: string | undefined;
  /** Whether the archive is asked for its present state, and the image is one of that. @default false */
  readonly fresh?: boolean | undefined;
}

/**
 * Path of the Debian node image built from this checkout.
 * @param marker Text that tells two images of the same sources apart; only tests and trials of a rolling change need it.
 */
export async function debianImage(marker = ""): Promise<string> {
  return (await debianImageFrom({}, marker)).path;
}

/** What the Debian image of this checkout is made from as long as nobody wishes another, without making it. */
async function presentRecipe(): Promise<Recipe> {
  const { kept, origin } = originFor(undefined);
  return imageRecipe((await lookUpNodeBinaries()).folder, "", origin(kept));
}

/** Where a Debian image comes from: the archive, and the state of it that this checkout stays with. */
function originFor(given: string | undefined) {
  const before = rememberedOrigin();
  const archive = checkArchive(given ?? before.archive ?? process.env.NODEFORGE_DEBIAN_ARCHIVE ?? "");
  const origin = (release?: string): DebianOrigin => ({
    // What was never chosen is not remembered, so that the environment may still choose.
    ...(archive === "" && given === undefined && before.archive === undefined ? {} : { archive }),
    ...(release === undefined ? {} : { release }),
  });
  // Another archive is in other states.
  return { archive, origin, kept: archive === (before.archive ?? archive) ? before.release : undefined };
}

async function debianImageFrom({ archive: given, fresh = false }: DebianWish, marker = "") {
  const { archive, origin, kept } = originFor(given);
  const binaries = await nodeBinaries();
  const now = async () => {
    await provideImageTools();
    return readRelease(readDebian().suite, archive);
  };
  let from = origin(fresh ? await now() : kept);
  let recipe = await imageRecipe(binaries, marker, from);
  if (!(await lookUp(recipe)).present) {
    await provideImageTools();
    if (!fresh && kept !== undefined) {
      from = origin(await now());
      recipe = await imageRecipe(binaries, marker, from);
      if (from.release !== kept)
        logLine("the archive has changed since the last fresh image, which the cache has not: this is another");
    }
  }
  return { path: join(await artifact(recipe), "node.qcow2"), origin: from };
}

async function imageRecipe(binaries: string, marker: string, origin: DebianOrigin): Promise<Recipe> {
  return {
    // A marked image must not become the default one.
    name: marker === "" ? imageKinds.debian : "node-image-marked",
    inputs: [basename(binaries), process.arch, marker, ...originInputs(origin), ...(await sources())],
    estimate: "10 min",
    build: (output) =>
      process.getuid?.() === 0
        ? build(binaries, output, marker, origin)
        : buildAsRoot(binaries, output, marker, origin),
  };
}

/** Nothing where nothing was chosen: what the archive has on the day of the build is then part of no key. */
export function originInputs({ archive = "", release = "" }: DebianOrigin): readonly Input[] {
  return archive === "" && release === "" ? [] : [`archive ${archive}`, `release ${release}`];
}

async function build(binaries: string, output: string, marker: string, origin: DebianOrigin): Promise<void> {
  await buildNodeImage({ binaries, output, marker, ...origin, log: logLine });
}

/** A Debian tree has files of many owners, so only root can make one; the image itself is the user's again. */
async function buildAsRoot(binaries: string, output: string, marker: string, origin: DebianOrigin): Promise<void> {
  const { archive = "", release = "" } = origin;
  const builder = inCheckout("image", "debian", "build.ts");
  const from = ["--archive", archive, "--release", release];
  const args = [builder, "--binaries", binaries, "--output", output, "--marker", marker, ...from];
  await asRoot(process.execPath, args, 60 * 60_000);
  await asRoot("chown", ["-R", `${process.getuid?.()}:${process.getgid?.()}`, output]);
}

/** The builder and the declaration of a node; what only NixOS reads does not change a Debian image. */
async function sources(): Promise<readonly Input[]> {
  const isRead = (name: string) => !/\.(nix|lock|md)$/.test(name);
  const shared = ["declaration.ts", "manifest.ts"].map((name) => sourceInput(inCheckout("image", name)));
  const folders = [inCheckout("image", "debian"), inCheckout("nix")].map((folder) => sourceInputs(folder, isRead));
  return [...(await Promise.all(shared)), ...(await Promise.all(folders)).flat()];
}
