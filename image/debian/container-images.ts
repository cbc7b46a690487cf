import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { run } from "../../lib/process.ts";
import type { Member } from "./archive.ts";
import type { NodeDeclaration } from "../declaration.ts";
import type { NamedArchive } from "./container-store.ts";
import { dockerArchive } from "./docker-archive.ts";

/**
 * Builds the container images that every node has.
 * @param root Debian tree. Its static busybox is the program of the smoke image.
 * @param binaries Folder with the coredns program.
 * @param work Folder for temporary files.
 */
export async function makeImages(
  node: NodeDeclaration,
  root: string,
  binaries: string,
  work: string,
): Promise<readonly NamedArchive[]> {
  const pause = join(work, "pause");
  const source = fileURLToPath(new URL("../../nix/pause.c", import.meta.url));
  await run("gcc", ["-static", "-s", "-Os", "-Wall", "-Wextra", "-Werror", "-Wl,--build-id=none", "-o", pause, source]);
  const layers: Record<keyof NodeDeclaration["image"], readonly Member[]> = {
    pause: [{ path: "pause", mode: 0o755, content: await readFile(pause) }],
    coredns: [{ path: "coredns", mode: 0o755, content: await readFile(join(binaries, "coredns")) }],
    smoke: await smokeLayer(join(root, "usr/bin/busybox")),
  };
  return Object.entries(layers).map(([name, members]) => ({
    name,
    archive: dockerArchive(node.image[name as keyof typeof layers], members),
  }));
}

/** Returns all of busybox: enough to serve a page, request one, resolve a name and inspect files. */
async function smokeLayer(busybox: string): Promise<readonly Member[]> {
  const commands = (await run(busybox, ["--list"])).split("\n").filter((name) => name !== "busybox");
  return [
    { path: "bin", mode: 0o755 },
    { path: "bin/busybox", mode: 0o755, content: await readFile(busybox) },
    ...commands.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: "busybox" })),
    { path: "tmp", mode: 0o1777 },
  ];
}
