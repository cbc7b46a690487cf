import { sha256 } from "./digest.ts";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache-root.ts";

/** Takes a line for the person who is waiting. */
export type Log = (line: string) => void;

/** Writes a line of nodeforge to the standard error, so that what a command prints can still be piped. */
export const logLine: Log = (line) => {
  process.stderr.write(`[nodeforge] ${line}\n`);
};

/** Milliseconds until a line is news again. */
const day = 24 * 60 * 60_000;

/**
 * Writes a line that is the same for every command on this machine, once a day: a command that is given ten times an hour
 * need not say it each time.
 * @param root Where it is noted down. A note that cannot be made costs nothing but the line.
 */
export async function logDaily(line: string, log: Log = logLine, root = cacheRoot()): Promise<void> {
  const note = join(root, "said", sha256(line).slice(0, 16));
  const last = await stat(note).catch(() => undefined);
  if (last !== undefined && Math.abs(Date.now() - last.mtimeMs) < day) return;
  log(line);
  try {
    await mkdir(dirname(note), { recursive: true });
    await writeFile(note, `${line}\n`);
  } catch {
    // A cache that takes nothing is what the next artifact will say.
  }
}

/** Seconds between two lines of {@link withProgress} where lines cannot be overwritten. */
const plainInterval = 60;

/**
 * Runs work that takes long, showing how long it has taken.
 * @param what What is done, e.g. `building kubernetes (about 10 min)`.
 */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const { isTTY } = process.stderr;
  const show = () => {
    const line = `${what}… ${duration(Date.now() - started)}`;
    if (isTTY) process.stderr.write(`\r[nodeforge] ${line}`);
    else logLine(line);
  };
  if (!isTTY) logLine(`${what}…`);
  const timer = setInterval(show, isTTY ? 1000 : plainInterval * 1000);
  try {
    const result = await work();
    if (isTTY) process.stderr.write("\r\x1b[K");
    logLine(`${what}: done in ${duration(Date.now() - started)}`);
    return result;
  } catch (error) {
    if (isTTY) process.stderr.write("\n");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Milliseconds as `12s`, `3m12s` or `1h02m`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const two = (number: number) => String(number).padStart(2, "0");
  if (minutes >= 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  return minutes > 0 ? `${minutes}m${two(seconds % 60)}s` : `${seconds}s`;
}
