import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seedFolder } from "../lib/cache-root.ts";
import { guardedFolder } from "../lib/private-files.ts";
import type { Seed } from "./seed.ts";

/**
 * Writes a seed as an ISO image that cloud-init's NoCloud source finds by its label, and returns its path.
 *
 * A seed decides who is root on a node, so the folder is one that no other user can change, and a file that is there is
 * never believed: each call writes the image anew. libvirt's provider reads it once, when the volume is created.
 * @param folder Where seeds are kept. @default {@link seedFolder}
 * @throws when another user can change the folder, or when genisoimage is missing or fails, with what it said.
 */
export function writeIso(seed: Seed, folder = seedFolder()): string {
  const guarded = guardedFolder(folder);
  const path = join(guarded, `${seed.digest}.iso`);
  const work = mkdtempSync(join(guarded, "making-"));
  try {
    for (const [name, text] of Object.entries(seed.files)) writeFileSync(join(work, name), text);
    const made = join(work, "seed.iso");
    const names = Object.keys(seed.files);
    execFileSync("genisoimage", ["-quiet", "-output", made, "-volid", "cidata", "-joliet", "-rock", ...names], {
      cwd: work,
      stdio: ["ignore", "ignore", "pipe"],
      // A seed is a few kilobytes; what takes longer hangs.
      timeout: 30_000,
    });
    // Renamed into place: another run of the program never sees half an image.
    renameSync(made, path);
  } finally {
    rmSync(work, { recursive: true });
  }
  return path;
}
