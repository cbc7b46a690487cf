import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sightingsVariable } from "../names.ts";
import type { Session } from "./session.ts";

/**
 * Does work that runs Pulumi once, with the variable that names a file of this run's own: the program, which the engine runs
 * twice, remembers there what it saw of nodes, and waits for none of them a second time.
 */
export async function withSightings<T>(
  work: (variables: Readonly<Record<typeof sightingsVariable, string>>) => Promise<T>,
): Promise<T> {
  // A folder of a name nobody can guess, open to its owner only.
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-run-"));
  try {
    return await work({ [sightingsVariable]: join(folder, "sightings.json") });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Does work with a session all of whose Pulumi runs share what they saw: where a plan comes first and its update follows by
 * itself, both are one run to the program.
 */
export async function sharingSightings<S extends Pick<Session, "pulumi">, T>(
  session: S,
  work: (session: S) => Promise<T>,
): Promise<T> {
  return withSightings((sightings) =>
    work({
      ...session,
      pulumi: (args, onOutput, environment) => session.pulumi(args, onOutput, { ...sightings, ...environment }),
    }),
  );
}
