import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inCheckout } from "../../lib/checkout.ts";
import { ownFolder } from "../../lib/private-files.ts";

/** Folder of the checkout with a folder for each run. git ignores it; only `npm run runs -- prune` deletes from it. */
export const runsFolder = inCheckout("runs");

/** Names of the files of a run. */
export const files = { record: "record.json", log: "pulumi.log", report: "report.html" } as const;

/** Name of the folder of a run: `<time>-<stack>`, with the time in UTC to the second. */
export function runName(start: Date, stack: string): string {
  const time = `${start.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
  return `${time}-${stack.replaceAll("/", "-")}`;
}

/** Start of a run in milliseconds, read from the name of its folder; undefined for a name that {@link runName} does not give. */
export function startOfRun(name: string): number | undefined {
  const [, date, hours, minutes, seconds] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z-./.exec(name) ?? [];
  const time = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** Path of the folder of a diagnosis without a run, such as `runs/2026-11-21T07-39-10Z-dev-diagnose`. */
export function diagnosisFolder(stack: string, now = new Date(), root = runsFolder): string {
  return join(root, `${runName(now, stack)}-diagnose`);
}

/** Whether a name is one that {@link diagnosisFolder} gives. The folder of a run has it too where the stack's name ends so. */
export function isDiagnosisName(name: string): boolean {
  return startOfRun(name) !== undefined && name.endsWith("-diagnose");
}

/**
 * Creates the folder of a run, which only its owner can enter.
 * @returns its absolute path. The name gets a number where another run started in the same second.
 */
export async function makeRunFolder(start: Date, stack: string, root = runsFolder): Promise<string> {
  ownFolder(root);
  const base = join(root, runName(start, stack));
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
