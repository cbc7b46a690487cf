import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../../lib/process.ts";
import { cpio } from "./archive.ts";
import type { DebianDeclaration } from "./debian.ts";

/**
 * Returns the early userspace as a cpio archive: a static shell, the drivers of the disk and a short script.
 *
 * Debian's own has 18 MB, and starts udev only for systemd to start it again.
 */
export async function makeInitrd(root: string, debian: DebianDeclaration): Promise<Buffer> {
  const script = await readFile(new URL("early-init.sh", import.meta.url), "utf8");
  const modules = await loadOrder(root, debian["early-modules"]);
  const contents = await Promise.all(modules.map((path) => readFile(path)));
  return cpio([
    { path: "bin", mode: 0o755 },
    { path: "bin/busybox", mode: 0o755, content: await readFile(join(root, "usr/bin/busybox")) },
    { path: "init", mode: 0o755, content: Buffer.from(script.replaceAll("@label@", debian.disk.label)) },
    { path: "modules", mode: 0o755 },
    // Numbered, because the script loads them in the order of their names.
    ...contents.map((content, index) => ({
      path: `modules/${String(index).padStart(2, "0")}-${basename(modules[index] ?? "")}`,
      mode: 0o644,
      content,
    })),
  ]);
}

/**
 * Returns the release of a tree's kernel.
 * @throws when the tree does not have exactly one.
 */
export async function kernelRelease(root: string): Promise<string> {
  const releases = await readdir(join(root, "usr/lib/modules"));
  const [release] = releases;
  if (!release || releases.length > 1)
    throw new Error(`the image has the kernels [${releases.join(", ")}], expected exactly one`);
  return release;
}

/** Returns the paths of modules and of their dependencies, dependencies first. */
async function loadOrder(root: string, names: readonly string[]): Promise<readonly string[]> {
  const folder = join(root, "usr/lib/modules", await kernelRelease(root));
  const lines = (await readFile(join(folder, "modules.dep"), "utf8")).trim().split("\n");
  const dependencies = new Map(
    lines.map((line) => {
      const [path = "", rest = ""] = line.split(": ");
      return [path.replace(/:$/, ""), rest.split(" ").filter(Boolean)] as const;
    }),
  );
  const ordered = names.flatMap((name) => {
    const path = [...dependencies.keys()].find((key) => basename(key).startsWith(`${name}.ko`));
    if (!path) throw new Error(`the image's kernel has no module ${name}, which debian.toml lists in early-modules`);
    return [...(dependencies.get(path) ?? []).toReversed(), path];
  });
  return [...new Set(ordered)].map((path) => join(folder, path));
}

/**
 * Unpacks a tree's kernel modules, because an emulated node would spend seconds on it at every boot. The disk image is
 * compressed as a whole.
 */
export async function unpackModules(root: string): Promise<void> {
  const folder = join(root, "usr/lib/modules", await kernelRelease(root));
  await run("find", [folder, "-name", "*.ko.xz", "-exec", "xz", "--decompress", "{}", "+"]);
  await run("chroot", [root, "depmod", await kernelRelease(root)]);
}
