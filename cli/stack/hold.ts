import { join } from "node:path";
import { FileLock } from "../../lib/file-lock.ts";
import { duration, logLine, type Log } from "../../lib/log.ts";
import { placeHere, readPlace, writePlace, type Place } from "../../lib/place.ts";
import { describeHolder, removeHolder, writeHolder } from "./holder.ts";
import { AnotherRunError } from "./lock.ts";

/** Options of {@link StackHold.take}. */
export interface HoldOptions {
  /** Milliseconds to wait for another command to end. @default 20_000 */
  readonly wait?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
  /** Word after `npm run`, by which another command names this one. @default the first argument of cli/main.ts */
  readonly command?: string;
}

/**
 * Exclusive lock of a command on a stack, from before it reads Pulumi's locks until it ends.
 *
 * Pulumi's own lock is a file that stays after a kill, and does not exist between two calls of Pulumi. This lock ends with the
 * process of the command.
 */
export class StackHold {
  readonly #lock: FileLock;
  readonly #place: string;
  readonly #holder: string;

  private constructor(lock: FileLock, place: string, holder: string) {
    this.#lock = lock;
    this.#place = place;
    this.#holder = holder;
  }

  /**
   * Locks a stack for a command that changes it, or measures its cluster.
   * @param folder Folder of the backend.
   * @throws {AnotherRunError} naming the command that holds the stack for the whole wait.
   */
  static async take(folder: string, project: string, stack: string, options: HoldOptions = {}): Promise<StackHold> {
    const { wait = 20_000, log = logLine, command = process.argv[2] ?? "" } = options;
    const { lock: path, place, holder } = pathsOf(folder, project, stack);
    let lock = await FileLock.take(path);
    if (lock === undefined) {
      const other = (await describeHolder(holder)) ?? "another command";
      log(`waiting for ${other} on stack ${stack} (at most ${duration(wait)})`);
      lock = await FileLock.take(path, { wait });
    }
    if (lock === undefined) throw new AnotherRunError(await describeHolder(holder));
    await writeHolder(holder, command);
    return new StackHold(lock, place, holder);
  }

  /** Records that this machine has checked Pulumi's locks of the stack, and that it knows the state of each. */
  async recordPlace(): Promise<void> {
    await writePlace(this.#place, placeHere());
  }

  /** Releases the stack before the process ends. */
  release(): void {
    removeHolder(this.#holder);
    this.#lock.release();
  }
}

/** Machine and container of the last command that checked Pulumi's locks of a stack; undefined before the first. */
export function lastPlace(folder: string, project: string, stack: string): Place | undefined {
  return readPlace(pathsOf(folder, project, stack).place);
}

/**
 * Keeps commands that change a stack from recovering it while this process lives.
 * @returns undefined while such a command is running. Pulumi then reports the conflict.
 */
export async function shareStack(folder: string, project: string, stack: string): Promise<FileLock | undefined> {
  return FileLock.take(pathsOf(folder, project, stack).lock, { shared: true });
}

/** Paths outside Pulumi's own folder, because Pulumi takes every file in its folder of locks for a lock. */
function pathsOf(folder: string, project: string, stack: string) {
  const base = join(folder, ".nodeforge", project, stack);
  return { lock: `${base}.lock`, place: `${base}.place`, holder: `${base}.holder` };
}
