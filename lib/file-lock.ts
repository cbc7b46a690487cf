import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, fstatSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Options of a lock. */
export interface FileLockOptions {
  /** Whether other processes can hold the lock at the same time, if they share it, too. @default false */
  readonly shared?: boolean;
  /** Milliseconds to wait for the process that holds the lock. @default 0 */
  readonly wait?: number;
}

/**
 * A lock on a file in the kernel (flock(2)). It ends with this process, whatever ends the process, and depends on no clock. It
 * also excludes processes in other containers of this machine and, on NFS, on other machines.
 */
export class FileLock {
  readonly path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Takes the lock on a file. The file and its folder are created if they are missing.
   *
   * Node has no flock of its own. The flock of util-linux locks a file that this process has opened, so this process owns the
   * lock.
   * @returns undefined while another process holds it.
   * @throws if util-linux is missing, or the file cannot be opened or locked.
   */
  static async take(path: string, { shared = false, wait = 0 }: FileLockOptions = {}): Promise<FileLock | undefined> {
    mkdirSync(dirname(path), { recursive: true });
    const deadline = performance.now() + wait;
    for (;;) {
      const descriptor = openToLock(path);
      const left = Math.max(0, deadline - performance.now());
      const isHeld = await flock(path, descriptor, shared, left).catch((error: unknown) => {
        closeSync(descriptor);
        throw error;
      });
      if (isHeld && isAt(path, descriptor)) return new FileLock(path, descriptor);
      closeSync(descriptor);
      // The process that held the lock removed the file, so this lock is on a file without a name.
      if (!isHeld) return undefined;
    }
  }

  /** Ends the lock. @param remove Whether to remove the file, too. @default false */
  release({ remove = false } = {}): void {
    try {
      // If the file was removed meanwhile, the path may have another process's file.
      if (remove && isAt(this.path, this.#descriptor)) rmSync(this.path, { recursive: true, force: true });
    } catch {
      // A remaining file excludes no process, and its error must not hide the result of the work.
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

/** Exit code of flock for a lock that another process holds. */
const conflict = 75;

async function flock(path: string, descriptor: number, shared: boolean, wait: number): Promise<boolean> {
  const mode = shared ? "--shared" : "--exclusive";
  const patience = wait > 0 ? ["--timeout", (wait / 1000).toFixed(3)] : ["--nonblock"];
  const child = spawn("flock", [mode, ...patience, "--conflict-exit-code", String(conflict), "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
  });
  let said = "";
  child.stderr?.on("data", (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, "close").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`${path} cannot be locked: flock is not installed. Fix: install Debian's package util-linux`);
  })) as [number | null];
  if (code === 0 || code === conflict) return code === 0;
  throw new Error(`${path} cannot be locked: ${said.trim() || `flock ended with ${code ?? "a signal"}`}`);
}

/** Opens the file for writing, because an exclusive lock on NFS needs that. An earlier release used a folder as its lock. */
function openToLock(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
    return openSync(path, constants.O_RDONLY);
  }
}

function isAt(path: string, descriptor: number): boolean {
  const [there, open] = [statSync(path, { throwIfNoEntry: false }), fstatSync(descriptor)];
  return there !== undefined && there.ino === open.ino && there.dev === open.dev;
}
