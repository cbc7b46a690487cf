import type { JournalChoice } from "../../cli/state-service/choice.ts";
import { versions } from "../../tools/versions.ts";
import { provenance, type Provenance } from "../provenance.ts";

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
