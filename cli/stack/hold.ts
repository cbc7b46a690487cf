import { join } from "node:path";
import { FileLock } from "../../lib/file-lock.ts";
import { duration, logLine, type Log } from "../../lib/log.ts";
import { placeHere, readPlace, writePlace, type Place } from "../../lib/place.ts";
import { AnotherRunError } from "./lock.ts";

/** How a stack is held. */
export interface HoldOptions {
  /** Milliseconds to wait for another command to end. @default 20_000 */
  readonly wait?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/**
 * The stack of a file backend, held by one command at a time, from before it looks at Pulumi's locks until it ends.
 *
 * Pulumi's own lock is a file that a killed process leaves, and is not there between two calls of Pulumi. This one ends with
 * the command's process.
 */
export class StackHold {
  readonly #lock: FileLock;
  readonly #place: string;

  private constructor(lock: FileLock, place: string) {
    this.#lock = lock;
    this.#place = place;
  }

  /**
   * Holds a stack for a command that changes it.
   * @param folder The folder of the backend.
   * @throws {AnotherRunError} when another command holds it for longer than one waits.
   */
  static async take(folder: string, project: string, stack: string, options: HoldOptions = {}): Promise<StackHold> {
    const { wait = 20_000, log = logLine } = options;
    const { lock: path, place } = pathsOf(folder, project, stack);
    let lock = await FileLock.take(path);
    if (lock === undefined) {
      log(`waiting for another command that works on stack ${stack} (at most ${duration(wait)})`);
      lock = await FileLock.take(path, { wait });
    }
    if (lock === undefined) throw new AnotherRunError();
    return new StackHold(lock, place);
  }

  /** Writes down that from here the locks of the stack were looked at, and none was left that cannot be judged. */
  recordPlace(): void {
    writePlace(this.#place, placeHere());
  }

  /** Gives the stack up before the process ends. */
  release(): void {
    this.#lock.release();
  }
}

/** Where the last command was that looked at a stack's locks. */
export function lastPlace(folder: string, project: string, stack: string): Place | undefined {
  return readPlace(pathsOf(folder, project, stack).place);
}

/**
 * Keeps commands that change a stack from taking over while this process lives, as long as none of them is at work now; Pulumi
 * then says so.
 */
export async function shareStack(folder: string, project: string, stack: string): Promise<FileLock | undefined> {
  return FileLock.take(pathsOf(folder, project, stack).lock, { shared: true });
}

/** Beside Pulumi's own folder: whatever is in the one of its locks is a lock to it. */
function pathsOf(folder: string, project: string, stack: string) {
  const base = join(folder, ".nodeforge", project, stack);
  return { lock: `${base}.lock`, place: `${base}.place` };
}
