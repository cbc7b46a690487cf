import type { Machine } from "../cli/runs/record.ts";
import { readGit, thisMachine } from "../cli/runs/surroundings.ts";
import { checkout } from "../lib/checkout.ts";

/** Time, program and machine of a measurement. */
export interface Provenance {
  /** Start of the run, in ISO 8601. */
  readonly date: string;
  /** Commit of the checkout. It ends in `-dirty` when a file differs from the commit. */
  readonly commit: string;
  readonly machine: Machine;
}

/**
 * Returns the time, the program and the machine of a measurement.
 * @throws without a commit, because the results name it.
 */
export async function provenance(): Promise<Provenance> {
  const git = await readGit();
  if (git === null) {
    throw new Error(`${checkout} has no commit that the results could name. Fix: measure in a clone of the repository`);
  }
  return {
    date: new Date().toISOString(),
    commit: `${git.revision.slice(0, 12)}${git.dirty ? "-dirty" : ""}`,
    machine: thisMachine(),
  };
}
