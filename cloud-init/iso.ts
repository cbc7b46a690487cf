import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Seed } from "./seed.ts";

/**
 * Writes a seed as an ISO image that cloud-init's NoCloud source finds by its label, and returns its path.
 *
 * The file is named by its content and made only when it is missing, in a private folder of the temporary directory:
 * libvirt's provider uploads it when the volume is created and never reads it again.
 * @throws when genisoimage is missing or fails, with what it said.
 */
export function writeIso(seed: Seed): string {
  const folder = join(tmpdir(), `nodeforge-seeds-${process.getuid?.() ?? "user"}`);
  const path = join(folder, `${seed.digest}.iso`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(folder, "making-"));
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
