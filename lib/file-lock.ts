import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, fstatSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** How a lock is taken. */
export interface FileLockOptions {
  /** Whether others may hold it, too, who share it as well. @default false */
  readonly shared?: boolean;
  /** Milliseconds to wait for whoever holds it. @default 0 */
  readonly wait?: number;
}

/**
 * A lock on a file that the kernel keeps (flock(2)). It ends with this process however that ends, knows no clock, and holds
 * for processes in other containers of this machine and, on NFS, for other machines.
 */
export class FileLock {
  readonly path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Takes the lock on a file, which is made with its folder when it does not exist.
   *
   * Node has no flock of its own. util-linux's locks a file that this process has opened, so the lock is this process's.
   * @returns undefined while another process holds it.
   * @throws when util-linux is missing, or the file cannot be opened or locked.
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
      // Whoever held it removed the file with it: the lock is on another file by now.
      if (!isHeld) return undefined;
    }
  }

  /** Ends the lock. @param remove Whether the file goes with it, where it can. @default false */
  release({ remove = false } = {}): void {
    try {
      // Another process's, by now, where somebody removed the file meanwhile.
      if (remove && isAt(this.path, this.#descriptor)) rmSync(this.path, { recursive: true, force: true });
    } catch {
      // A file that stays locks nobody out, and must not hide what became of the work.
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

/** Status of flock for a lock that another process has. */
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
    throw new Error(`${path} cannot be locked: flock is not installed (Debian's package util-linux)`);
  })) as [number | null];
  if (code === 0 || code === conflict) return code === 0;
  throw new Error(`${path} cannot be locked: ${said.trim() || `flock ended with ${code ?? "a signal"}`}`);
}

/** For writing, which an exclusive lock on NFS needs. What another kind of lock left may be a folder. */
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
