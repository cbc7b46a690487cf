import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seedFolder } from "../lib/cache-root.ts";
import { guardedFolder } from "../lib/private-files.ts";
import type { Seed } from "./seed.ts";

/**
 * Writes a seed as an ISO image, which cloud-init's NoCloud source finds by its label, and returns its path.
 *
 * A seed decides which key becomes root on a node. So no other user may be able to change the folder, and each call
 * replaces an existing file instead of trusting it. libvirt's provider reads the image once, when the volume is created.
 * @param folder Folder of all seeds. @default {@link seedFolder}
 * @throws when another user can change the folder, or when genisoimage is missing or fails; the error has its output.
 */
export function writeIso(seed: Seed, folder = seedFolder()): string {
  const guarded = guardedFolder(folder);
  const path = pathOf(seed, guarded);
  const work = mkdtempSync(join(guarded, "making-"));
  try {
    for (const [name, text] of Object.entries(seed.files)) writeFileSync(join(work, name), text);
    const made = join(work, "seed.iso");
    const names = Object.keys(seed.files);
    execFileSync("genisoimage", ["-quiet", "-output", made, "-volid", "cidata", "-joliet", "-rock", ...names], {
      cwd: work,
      stdio: ["ignore", "ignore", "pipe"],
      // A seed is a few kilobytes, so a longer run hangs.
      timeout: 30_000,
    });
    // Renamed into place, so that another run of the program never reads an incomplete image.
    renameSync(made, path);
  } finally {
    rmSync(work, { recursive: true });
  }
  return path;
}

/**
 * Returns the path of the image that an earlier run wrote for a seed; undefined when there is none.
 *
 * For a disk that exists, because its image is not read again. Use {@link writeIso} for a new disk.
 * @param folder Folder of all seeds. @default {@link seedFolder}
 * @throws when another user can change the folder.
 */
export function writtenIso(seed: Seed, folder = seedFolder()): string | undefined {
  const path = pathOf(seed, guardedFolder(folder));
  return existsSync(path) ? path : undefined;
}

function pathOf({ digest }: Seed, folder: string): string {
  return join(folder, `${digest}.iso`);
}
