import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateFolder } from "../../lib/checkout.ts";
import { ownFolder } from "../../lib/private-files.ts";
import { abandonedFor, unfinishedPath } from "../../lib/unfinished.ts";

/** Folders that exist only during a run. Only their owner can enter them. */
export interface PrivateFolders {
  /** For the kubeconfig. */
  readonly access: string;
  /** For the temporary files of the tests. Its path is short, because a test makes a socket in it. */
  readonly temporary: string;
}

/**
 * Makes the folders of a run for the time of some work, and removes them whatever happens. A killed process cannot, so the
 * next run on the stack removes what it left. Hold the stack.
 * @param root Folder for the one with the kubeconfig.
 */
export async function withPrivateFolders<T>(
  stack: string,
  work: (folders: PrivateFolders) => Promise<T>,
  root = stateFolder,
): Promise<T> {
  ownFolder(root);
  const place = join(root, `conformance-${stack.replaceAll("/", "-")}`);
  for (const path of await abandonedFor(place)) await rm(path, { recursive: true, force: true });
  const access = unfinishedPath(place, "partial");
  const temporary = await mkdtemp(join(tmpdir(), "nodeforge-conformance-"));
  try {
    ownFolder(access);
    return await work({ access, temporary });
  } finally {
    for (const path of [access, temporary]) await rm(path, { recursive: true, force: true });
  }
}
