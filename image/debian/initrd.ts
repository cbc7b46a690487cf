import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../../lib/process.ts";
import { cpio } from "./archive.ts";
import type { DebianDeclaration } from "./debian.ts";

/**
 * The early userspace: a static shell, the drivers of the disk and a script of a page.
 *
 * Debian's own takes 18 MB to load and unpack, and starts udev only for systemd to start it once more.
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
    // Numbered: the script loads them in the order of their names.
    ...contents.map((content, index) => ({
      path: `modules/${String(index).padStart(2, "0")}-${basename(modules[index] ?? "")}`,
      mode: 0o644,
      content,
    })),
  ]);
}

/** Release of the one kernel of a tree. */
export async function kernelRelease(root: string): Promise<string> {
  const [release, ...others] = await readdir(join(root, "usr/lib/modules"));
  if (!release || others.length > 0) throw new Error("the image must have exactly one kernel");
  return release;
}

/** Paths of modules and of what they depend on, dependencies first. */
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
    if (!path) throw new Error(`the kernel has no module ${name}`);
    return [...(dependencies.get(path) ?? []).toReversed(), path];
  });
  return [...new Set(ordered)].map((path) => join(folder, path));
}

/**
 * Unpacks a tree's kernel modules. On an emulated processor a node would spend seconds on it at every boot; the disk image is compressed as a whole.
 */
export async function unpackModules(root: string): Promise<void> {
  const folder = join(root, "usr/lib/modules", await kernelRelease(root));
  await run("find", [folder, "-name", "*.ko.xz", "-exec", "xz", "--decompress", "{}", "+"]);
  await run("chroot", [root, "depmod", await kernelRelease(root)]);
}
