import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inCheckout } from "../checkout.ts";

/** Git-ignored folder of the checkout with a folder for each run; nothing in it is ever deleted by nodeforge. */
export const runsFolder = inCheckout("runs");

/** Files of a run. */
export const files = { record: "record.json", log: "pulumi.log", report: "report.html" } as const;

/**
 * Makes the folder of a run, `<time>-<stack>`, which only its owner can enter.
 * @returns its absolute path; a second run of one second gets a number.
 */
export async function makeRunFolder(start: Date, stack: string, root = runsFolder): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const time = `${start.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
  const base = join(root, `${time}-${stack.replaceAll("/", "-")}`);
  for (let number = 1; ; number++) {
    const folder = number === 1 ? base : `${base}-${number}`;
    try {
      await mkdir(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Writes a file that only its owner can read; a reader finds the old text or the new one, never half of it. */
export async function writeOwn(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  try {
    await writeFile(fresh, text, { mode: 0o600, flag: "wx" });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}
