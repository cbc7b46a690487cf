import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inCheckout } from "../../lib/checkout.ts";
import { ownFolder } from "../../lib/private-files.ts";

/** Git-ignored folder of the checkout with a folder for each run; only `npm run runs -- prune` deletes one. */
export const runsFolder = inCheckout("runs");

/** Files of a run. */
export const files = { record: "record.json", log: "pulumi.log", report: "report.html" } as const;

/**
 * Makes the folder of a run, `<time>-<stack>`, which only its owner can enter.
 * @returns its absolute path; a second run of one second gets a number.
 */
export async function makeRunFolder(start: Date, stack: string, root = runsFolder): Promise<string> {
  ownFolder(root);
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
