import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes fake programs into a folder for PATH. Each is given as the body of a shell script. A call adds a line with its
 * arguments to `<name>.calls`.
 */
export async function fakePrograms(folder: string, bodies: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, body] of Object.entries(bodies)) {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/bash\nprintf '%s\\n' "$*" >>'${path}.calls'\n${body}\n`);
    await chmod(path, 0o755);
  }
}
