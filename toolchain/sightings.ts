import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Does work that runs Pulumi once, with the variable that names a file of this run's own: the program, which the engine runs
 * twice, remembers there what it saw of nodes, and waits for none of them a second time.
 */
export async function withSightings<T>(
  work: (variables: { readonly NODEFORGE_SIGHTINGS: string }) => Promise<T>,
): Promise<T> {
  // A folder of a name nobody can guess, open to its owner only.
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-run-"));
  try {
    return await work({ NODEFORGE_SIGHTINGS: join(folder, "sightings.json") });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
