import { basename, join } from "node:path";
import { artifact, lookUp, type Input, type Recipe } from "../lib/cache.ts";
import { inCheckout } from "../lib/checkout.ts";
import { logLine } from "../lib/log.ts";
import { lookUpNodeBinaries, nodeBinaries } from "../tools/node-binaries.ts";
import { asRoot, provideImageTools } from "../tools/requirements.ts";
import { buildNodeImage } from "./debian/build.ts";
import { checkArchive, readRelease } from "./debian/debian-archive.ts";
import { readDebian } from "./debian/debian.ts";
import { imageKinds } from "./location.ts";
import { rememberedOrigin, type DebianOrigin } from "./remembered.ts";
import { sourceInput, sourceInputs } from "./sources.ts";

/** Options of a Debian image. */
export interface DebianOptions {
  /**
   * Debian's archive, in the form that {@link checkArchive} accepts.
   * @default the one that this checkout keeps to, else NODEFORGE_DEBIAN_ARCHIVE
   */
  readonly archive?: string | undefined;
  /** Builds from the present state of the archive. @default false */
  readonly fresh?: boolean | undefined;
  /** Text that distinguishes two images built from the same sources. Only tests and rollout trials need one. @default "" */
  readonly marker?: string | undefined;
}

/** Returns the path of this checkout's Debian node image, built when the cache does not have it, and its origin. */
export async function debianImage({ archive: given, fresh = false, marker = "" }: DebianOptions = {}) {
  const { archive, release, origin } = originFor(given);
  const binaries = await nodeBinaries();
  const presentState = async () => {
    await provideImageTools();
    return readRelease(readDebian().suite, archive);
  };
  let from = origin(fresh ? await presentState() : release);
  let recipe = await recipeOf(binaries, marker, from);
  if (!(await lookUp(recipe)).present) {
    await provideImageTools();
    // The archive no longer has an earlier state, so an image of it cannot be built again.
    if (!fresh && release !== undefined) {
      from = origin(await presentState());
      recipe = await recipeOf(binaries, marker, from);
      if (from.release !== release)
        logLine(
          "the cache has no image of the last fresh state of Debian's archive, which has changed: this is another",
        );
    }
  }
  return { path: join(await artifact(recipe), "node.qcow2"), origin: from };
}

/** Returns the recipe of the image that {@link debianImage} builds without options. Builds nothing. */
export async function debianRecipe(): Promise<Recipe> {
  const { release, origin } = originFor(undefined);
  return recipeOf((await lookUpNodeBinaries()).folder, "", origin(release));
}

/**
 * Decides the archive of a Debian image, and the state of it that this checkout keeps to.
 * @returns with them a function that makes an origin of a state.
 */
function originFor(given: string | undefined) {
  const before = rememberedOrigin();
  const archive = checkArchive(given ?? before.archive ?? process.env.NODEFORGE_DEBIAN_ARCHIVE ?? "");
  // An archive that was never chosen is not remembered, so that the environment may still choose it.
  const isChosen = archive !== "" || given !== undefined || before.archive !== undefined;
  const origin = (release?: string): DebianOrigin => ({
    ...(isChosen ? { archive } : {}),
    ...(release === undefined ? {} : { release }),
  });
  // A state is one archive's.
  return { archive, origin, release: archive === (before.archive ?? archive) ? before.release : undefined };
}

async function recipeOf(binaries: string, marker: string, origin: DebianOrigin): Promise<Recipe> {
  return {
    // A stack that names no image starts from one without a marker.
    name: marker === "" ? imageKinds.debian : "node-image-marked",
    inputs: [basename(binaries), process.arch, marker, ...originInputs(origin), ...(await debianSources())],
    // Measured: 44 s with 2 processors. The archive decides how long its packages take.
    estimate: "2 min",
    build: (output) => build(binaries, output, marker, origin),
  };
}

/**
 * Returns the inputs of the key that tell the origin. An origin that was not chosen is none of them: the key of the image then
 * stays the same when the archive changes.
 */
export function originInputs({ archive = "", release = "" }: DebianOrigin): readonly Input[] {
  return archive === "" && release === "" ? [] : [`archive ${archive}`, `release ${release}`];
}

/**
 * Returns the sources of the image as inputs of its key: the builder, and the declaration of a node with its files. A Nix file
 * is none of them, because only NixOS reads it.
 * @param root The checkout; replaced in tests.
 */
export async function debianSources(root = inCheckout()): Promise<readonly Input[]> {
  const isRead = (name: string) => !/\.(nix|lock|md)$/.test(name);
  const shared = ["declaration.ts", "manifest.ts"].map((name) => sourceInput(join(root, "image", name)));
  const folders = [join(root, "image", "debian"), join(root, "nix")].map((folder) => sourceInputs(folder, isRead));
  return [...(await Promise.all(shared)), ...(await Promise.all(folders)).flat()];
}

/** Builds as root, because a Debian tree has files of many owners. The image belongs to the user again. */
async function build(binaries: string, output: string, marker: string, origin: DebianOrigin): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await buildNodeImage({ binaries, output, marker, ...origin, log: logLine });
    return;
  }
  const { archive = "", release = "" } = origin;
  const builder = inCheckout("image", "debian", "build.ts");
  const from = ["--archive", archive, "--release", release];
  const args = [builder, "--binaries", binaries, "--output", output, "--marker", marker, ...from];
  await asRoot(process.execPath, args, 60 * 60_000);
  await asRoot("chown", ["-R", `${process.getuid?.()}:${process.getgid?.()}`, output]);
}
