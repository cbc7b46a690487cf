import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, processIdentity } from "../../lib/process-identity.ts";

const prefix = "nodeforge-native-";
/** Name of the file with the process that removes the folder. */
const owner = "process";

/**
 * Makes the temporary folder of a control plane. Removes those whose process was killed, and so could not remove them.
 * @param root Folder of all of them. @default the system's folder for temporary files
 * @returns its path, which is short.
 */
export async function controlPlaneFolder(root = tmpdir()): Promise<string> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    if (name.startsWith(prefix) && (await isAbandoned(path))) await rm(path, { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(root, prefix));
  await writeFile(join(folder, owner), await processIdentity());
  return folder;
}

async function isAbandoned(folder: string): Promise<boolean> {
  try {
    // In a folder of another user, a link could lead the removal elsewhere.
    if ((await lstat(folder)).uid !== process.getuid?.()) return false;
    return !(await isAlive(await readFile(join(folder, owner), "utf8")));
  } catch {
    // Another process removes it, or has not yet written its name.
    return false;
  }
}
