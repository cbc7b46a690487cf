import { readGit, thisMachine } from "../../cli/runs/surroundings.ts";
import type { Machine } from "../../cli/runs/record.ts";
import type { JournalChoice } from "../../cli/state-service/choice.ts";
import { checkout } from "../../lib/checkout.ts";
import { versions } from "../../tools/versions.ts";

/** Time, program and machine of a measurement. */
interface Provenance {
  /** Start of the run, in ISO 8601. */
  readonly date: string;
  /** Commit of the checkout. It ends in `-dirty` when a file differs from the commit. */
  readonly commit: string;
  readonly machine: Machine;
}

/** Facts about a run that its figures depend on. */
export interface Surroundings extends Provenance {
  /** Whether the program's state was kept in a journal. `auto` depends on the number of workers. */
  readonly journal: JournalChoice;
  readonly versions: Readonly<Record<"node" | "pulumi" | "opentofu", string>>;
}

/** Collects the facts of this run. @throws as {@link provenance} does. */
export async function surroundings(journal: JournalChoice): Promise<Surroundings> {
  const used = { node: process.versions.node, pulumi: versions.pulumi, opentofu: versions.opentofu };
  return { ...(await provenance()), journal, versions: used };
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
