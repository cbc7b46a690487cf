import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sightingsVariable } from "../names.ts";
import type { Session } from "./stack/session.ts";

/**
 * Does work that runs Pulumi once, with the variable that names a file of this run. The engine runs the program twice. The
 * program stores the health of the nodes in that file, so that the second run waits for none of them.
 */
export async function withSightings<T>(
  work: (variables: Readonly<Record<typeof sightingsVariable, string>>) => Promise<T>,
): Promise<T> {
  // Only its owner can enter the folder, and its name is random.
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-run-"));
  try {
    return await work({ [sightingsVariable]: join(folder, "sightings.json") });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Does work with a session in which all runs of Pulumi share one file of sightings, such as a plan and its update. */
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
