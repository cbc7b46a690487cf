import { chmod, copyFile, glob, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../lib/process.ts";
import type { DebianDeclaration } from "./debian.ts";
import type { NodeDeclaration, Unit } from "../declaration.ts";
import type { RootFile } from "./root-files.ts";

/** Puts the project's programs where the declaration wants them. */
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

/** Writes files over the tree. A link or file already in a place gives way. */
export async function writeRootFiles(root: string, files: readonly RootFile[]) {
  for (const file of files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    if ("link" in file) await symlink(file.link, path);
    else await writeFile(path, file.text, { mode: 0o644 });
  }
}

/** What is the same on every node although it must not be, and what only the build needed. */
const traces: readonly string[] = [
  "etc/hostname",
  "etc/ssh/ssh_host_*",
  "var/cache/**",
  "var/lib/apt/**",
  "var/lib/containerd/*introspection/uuid",
  "var/lib/dbus/machine-id",
  "var/lib/systemd/random-seed",
  "var/log/**",
];

/** Removes the files that would tell nodes' common origin. Folders stay, with their owners. */
export async function forgetIdentity(root: string) {
  for await (const entry of glob(traces, { cwd: root, withFileTypes: true })) {
    if (!entry.isDirectory()) await rm(join(entry.parentPath, entry.name));
  }
}

/** Programs a unit runs or calls. All are looked up on the same search path. */
export function programsOf({ exec, "exec-after": after = [], tools = [] }: Unit): readonly string[] {
  return [...exec.slice(0, 1), ...after.slice(0, 1), ...tools];
}

/** Programs a unit runs or calls that are nowhere on the tree's search path. */
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

/** Gives everything made during the build one date, so that two builds agree. Debian's own files keep theirs. */
export async function settleDates(root: string, epoch: number) {
  const date = `@${epoch}`;
  await run("find", [root, "-newermt", date, "-exec", "touch", "-h", "-d", date, "{}", "+"], { timeout: 120_000 });
}
