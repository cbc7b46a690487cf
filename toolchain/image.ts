import { access, readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { artifact, lookUp, type Input, type Recipe } from "./cache.ts";
import { checkout, inCheckout } from "./checkout.ts";
import { imageKinds, type ImageSystem } from "./image-location.ts";
import { chooseSystem, inWords, rememberSystem } from "./image-system.ts";
import { say } from "./log.ts";
import { nixosImage } from "./nixos-image.ts";
import { nodeBinaries } from "./node-binaries.ts";
import { buildNodeImage } from "./node-image/build.ts";
import { asRoot, provideImageTools } from "./requirements.ts";
import type { StackSettings } from "./stack.ts";

/**
 * The node image for a stack: undefined when the stack names its own, else NODEFORGE_IMAGE, else the one of the system that
 * {@link chooseSystem} chooses, which is said.
 * @throws when NODEFORGE_IMAGE names a file that cannot be read, or the image cannot be built.
 */
export async function imageFor(settings: Pick<StackSettings, "get">): Promise<string | undefined> {
  if (settings.get("image") !== "") return undefined;
  const given = process.env.NODEFORGE_IMAGE;
  if (!given) {
    const choice = await chooseSystem();
    say(inWords(choice));
    return imageOf(choice.system);
  }
  await access(given).catch(() => {
    throw new Error(`NODEFORGE_IMAGE names ${given}, which cannot be read`);
  });
  return given;
}

/** Path of the node image of a system, built when the cache does not have it; the checkout stays with the system. */
export async function imageOf(system: ImageSystem): Promise<string> {
  const path = await (system === "nixos" ? nixosImage() : debianImage());
  await rememberSystem(system);
  return path;
}

/**
 * Path of the Debian node image built from this checkout.
 * @param marker Text that tells two images of the same sources apart; only tests and trials of a rolling change need it.
 */
export async function debianImage(marker = ""): Promise<string> {
  const binaries = await nodeBinaries();
  const recipe = await imageRecipe(binaries, marker);
  if (!(await lookUp(recipe)).present) await provideImageTools();
  return join(await artifact(recipe), "node.qcow2");
}

async function imageRecipe(binaries: string, marker: string): Promise<Recipe> {
  return {
    // A marked image must not become the default one.
    name: marker === "" ? imageKinds.debian : "node-image-marked",
    inputs: [basename(binaries), process.arch, marker, ...(await sources())],
    estimate: "10 min",
    build: (output) =>
      process.getuid?.() === 0 ? build(binaries, output, marker) : buildAsRoot(binaries, output, marker),
  };
}

async function build(binaries: string, output: string, marker: string): Promise<void> {
  await buildNodeImage({ binaries, output, marker, log: say });
}

/** A Debian tree has files of many owners, so only root can make one; the image itself is the user's again. */
async function buildAsRoot(binaries: string, output: string, marker: string): Promise<void> {
  const builder = inCheckout("toolchain", "node-image", "build.ts");
  const args = [builder, "--binaries", binaries, "--output", output, "--marker", marker];
  await asRoot(process.execPath, args, 60 * 60_000);
  await asRoot("chown", ["-R", `${process.getuid?.()}:${process.getgid?.()}`, output]);
}

/** The builder and the declaration of a node; what only NixOS reads does not change a Debian image. */
async function sources(): Promise<readonly Input[]> {
  const folders = [inCheckout("toolchain", "node-image"), inCheckout("nix")];
  const files = await Promise.all(folders.map((folder) => readdir(folder, { withFileTypes: true, recursive: true })));
  return files
    .flat()
    .filter((entry) => entry.isFile() && !/\.(nix|lock|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => [relative(checkout, file), { file }]);
}
