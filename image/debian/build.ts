import { access, glob, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bootstrap } from "./bootstrap.ts";
import { makeImages } from "./container-images.ts";
import { fillStore } from "./container-store.ts";
import { checkArchive } from "./debian-archive.ts";
import { readDebian, type DebianDeclaration } from "./debian.ts";
import { readDeclaration, type NodeDeclaration } from "../declaration.ts";
import { makeDisk } from "./disk.ts";
import { hostPackages, missingTools } from "../../tools/image-tools.ts";
import { kernelRelease, makeInitrd, unpackModules } from "./initrd.ts";
import { manifestPlace, manifestText } from "../manifest.ts";
import { describeDebian, type DebianManifest } from "./manifest.ts";
import { rootFiles } from "./root-files.ts";
import { installPrograms, removeIdentity, toolsMissingIn, unifyDates, writeRootFiles } from "./root-tree.ts";

/** Options of {@link buildNodeImage}. */
export interface BuildOptions {
  /** Folder with every program of {@link neededBinaries}. */
  readonly binaries: string;
  /** Folder for node.qcow2 and its manifest. Created if missing. */
  readonly output: string;
  /** Text that distinguishes two images built from the same sources. A node shows it. @default "" */
  readonly marker?: string;
  /** Debian's archive, in the form that {@link checkArchive} accepts. @default the mirrors of this machine's apt */
  readonly archive?: string;
  /** Required state of the archive, in the form of {@link DebianRoot.release}. @default any */
  readonly release?: string;
  /** Logs a line of progress. */
  readonly log: (line: string) => void;
}

/** Returns the names of the programs that the builder takes from its folder of binaries. */
export function neededBinaries(node: NodeDeclaration = readDeclaration()): readonly string[] {
  return [...node.program.flatMap(({ binaries }) => binaries), "coredns"];
}

/**
 * Builds the Debian node image, `node.qcow2`, and its manifest beside it.
 *
 * Renames both into place at the end, so a build that fails does not change an older image.
 * @throws when it does not run as root, when programs are missing, and when the archive is not in the required state.
 */
export async function buildNodeImage(options: BuildOptions): Promise<DebianManifest> {
  const { marker = "", archive = "", release = "", log } = options;
  const node = readDeclaration();
  const debian = readDebian();
  const binaries = resolve(options.binaries);
  await checkBinaries(binaries, neededBinaries(node));
  checkArchive(archive);
  checkHost();

  const output = resolve(options.output);
  await mkdir(output, { recursive: true });
  // Removes the folders of interrupted builds.
  for await (const name of glob(".building-*", { cwd: output })) await rm(join(output, name), { recursive: true });
  // Beside the output, because a rename works only within one file system.
  const work = await mkdtemp(join(output, ".building-"));
  try {
    const image = join(work, "node.qcow2");
    const manifest = await build({ node, debian, binaries, work, image, marker, archive, release, log });
    await writeFile(manifestPlace(image), manifestText(manifest));
    const place = join(output, "node.qcow2");
    await rename(image, place);
    await rename(manifestPlace(image), manifestPlace(place));
    return manifest;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Job {
  readonly node: NodeDeclaration;
  readonly debian: DebianDeclaration;
  readonly binaries: string;
  readonly work: string;
  readonly image: string;
  readonly marker: string;
  readonly archive: string;
  readonly release: string;
  readonly log: (line: string) => void;
}

async function build(job: Job): Promise<DebianManifest> {
  const { node, debian, binaries, work, image, marker, archive, release, log } = job;
  const root = join(work, "root");
  const started = Date.now();
  const step = (line: string) => log(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${line}`);

  step(`Debian ${debian.suite}: ${debian.packages.length} packages and their dependencies`);
  const built = await bootstrap(root, debian, archive);
  if (release !== "" && built.release !== release)
    throw new Error("Debian's archive changed during the build of the image. Fix: run the command again");
  const kernel = await kernelRelease(root);

  step("nodeforge's programs, units and settings");
  await installPrograms(root, binaries, node, debian["program-directory"]);
  await writeRootFiles(root, rootFiles(node, debian, marker));
  const missing = await toolsMissingIn(root, node, debian);
  if (missing.length > 0) throw new Error(`the image lacks programs that its units call: ${missing.join(", ")}`);

  step("container images");
  await fillStore(root, binaries, work, await makeImages(node, root, binaries, work));

  step(`early userspace of kernel ${kernel}`);
  await unpackModules(root);
  await removeIdentity(root);
  await writeFile(join(root, "boot/initrd.img"), await makeInitrd(root, debian));
  await symlink(`vmlinuz-${kernel}`, join(root, "boot/vmlinuz"));
  await unifyDates(root, built.epoch);

  step("disk");
  await makeDisk(root, work, image, debian, { parameters: node.kernel.parameters, epoch: built.epoch });

  step("manifest");
  return describeDebian(image, node, { ...built, kernel, suite: debian.suite, marker });
}

async function checkBinaries(folder: string, names: readonly string[]): Promise<void> {
  const found = await Promise.allSettled(names.map((name) => access(join(folder, name))));
  const missing = names.filter((_, index) => found[index]?.status === "rejected");
  if (missing.length > 0) throw new Error(`the folder of binaries ${folder} lacks ${missing.join(", ")}`);
}

function checkHost(): void {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "building the node image needs root, because a Debian tree has files of many owners. Fix: run it with sudo",
    );
  }
  if (process.arch !== "x64")
    throw new Error(`this machine is ${process.arch}, expected x64: the Debian node image is for x86-64 only`);
  const missing = missingTools();
  if (missing.length > 0) {
    throw new Error(`this machine lacks ${missing.join(", ")}. Fix: apt-get install ${hostPackages().join(" ")}`);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      binaries: { type: "string" },
      output: { type: "string" },
      marker: { type: "string" },
      archive: { type: "string" },
      release: { type: "string" },
    },
  });
  const { binaries, output, ...rest } = values;
  if (!binaries || !output) {
    throw new Error("usage: build.ts --binaries DIR --output DIR [--marker TEXT] [--archive URL] [--release SHA256]");
  }
  await buildNodeImage({ binaries, output, ...rest, log: (line) => console.error(line) });
}
