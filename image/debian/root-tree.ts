import { chmod, copyFile, glob, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../lib/process.ts";
import type { DebianDeclaration } from "./debian.ts";
import type { NodeDeclaration, Unit } from "../declaration.ts";
import type { RootFile } from "./root-files.ts";

/** Copies nodeforge's programs into the folders that the declarations name. */
export async function installPrograms(root: string, binaries: string, node: NodeDeclaration, folder: string) {
  for (const program of node.program) {
    const target = join(root, program.cni ? node.paths["cni-plugins"] : folder);
    await mkdir(target, { recursive: true });
    for (const name of program.binaries) {
      await copyFile(join(binaries, name), join(target, name));
      await chmod(join(target, name), 0o755);
    }
  }
}

/** Writes files into the tree. Replaces a link or file with the same path. */
export async function writeRootFiles(root: string, files: readonly RootFile[]) {
  for (const file of files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    if ("link" in file) await symlink(file.link, path);
    else await writeFile(path, file.text, { mode: 0o644 });
  }
}

/** Files that must differ between nodes, and temporary files of the build. */
const removed: readonly string[] = [
  "etc/hostname",
  "etc/ssh/ssh_host_*",
  "var/cache/**",
  "var/lib/apt/**",
  "var/lib/containerd/*introspection/uuid",
  "var/lib/dbus/machine-id",
  "var/lib/systemd/random-seed",
  "var/log/**",
];

/** Removes files that must differ between nodes. Keeps folders, with their owners. */
export async function removeIdentity(root: string) {
  for await (const entry of glob(removed, { cwd: root, withFileTypes: true })) {
    if (!entry.isDirectory()) await rm(join(entry.parentPath, entry.name));
  }
}

/** Returns the programs that a unit runs or calls. systemd finds all on the same search path. */
export function programsOf({ exec, "exec-after": after = [], tools = [] }: Unit): readonly string[] {
  return [...exec.slice(0, 1), ...after.slice(0, 1), ...tools];
}

/** Returns the programs of all units that are missing from the tree's search path. */
export async function toolsMissingIn(root: string, node: NodeDeclaration, debian: DebianDeclaration) {
  const called = new Set(node.unit.flatMap(programsOf));
  const found = await Promise.all(
    [...called].map(async (name) => {
      const tries = debian["search-path"].map((folder) => lstat(join(root, folder, name)));
      return (await Promise.allSettled(tries)).some(({ status }) => status === "fulfilled");
    }),
  );
  return [...called].filter((_, index) => !found[index]);
}

/** Sets one date on every file that the build made, so two builds agree. Debian's files keep theirs. */
export async function unifyDates(root: string, epoch: number) {
  const date = `@${epoch}`;
  await run("find", [root, "-newermt", date, "-exec", "touch", "-h", "-d", date, "{}", "+"], { timeout: 120_000 });
}
