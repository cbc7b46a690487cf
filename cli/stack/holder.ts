import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { object, readJson, text } from "../../lib/outside.ts";
import { plainText } from "../../lib/plain-text.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { isAlive, processIdentity } from "../../lib/process-identity.ts";

/** Process that holds a stack. */
interface StackHolder {
  /** Word after `npm run`. */
  readonly command: string;
  /** Identity of the process (lib/process-identity.ts). */
  readonly process: string;
}

const source = { name: "the file about the command that holds a stack", fix: "wait for the command's end" };
const shape = object({ command: text, process: text });

/** Records this process as the one that holds a stack, so that a command that is refused can name it. */
export async function writeHolder(path: string, command: string): Promise<void> {
  const holder: StackHolder = { command, process: await processIdentity() };
  await writeOwn(path, JSON.stringify(holder));
}

/** Removes the record of {@link writeHolder}. */
export function removeHolder(path: string): void {
  rmSync(path, { force: true });
}

/** Returns the process that holds a stack in words; undefined where it has ended, or this process cannot see it. */
export async function describeHolder(path: string): Promise<string | undefined> {
  try {
    const holder = readJson<StackHolder>(await readFile(path, "utf8"), source, shape);
    if (!(await isAlive(holder.process))) return undefined;
    return `\`npm run ${plainText(holder.command)}\` (process ${holder.process.split("/")[1]})`;
  } catch {
    // The kernel decides who holds the stack. This file only has a name.
    return undefined;
  }
}
