import { sha256 } from "./digest.ts";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache-root.ts";

/** Receives a line for the user. */
export type Log = (line: string) => void;

/** Writes a line of nodeforge to the standard error, so that the standard output of a command can be piped. */
export const logLine: Log = (line) => {
  process.stderr.write(`[nodeforge] ${line}\n`);
};

/** Milliseconds until {@link logDaily} logs the same line again. */
const day = 24 * 60 * 60_000;

/**
 * Logs a line once a day, however often commands on this machine log the same line.
 * @param root Folder that records the logged lines. A line that cannot be recorded is logged each time.
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
    // The next artifact reports a cache that cannot be written.
  }
}

/** Seconds between two lines of {@link withProgress} without a terminal, where lines cannot be overwritten. */
const plainInterval = 60;

/**
 * Runs long work and shows the elapsed time.
 * @param description Description of the work, e.g. `building kubernetes (about 10 min)`.
 */
export async function withProgress<T>(description: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const { isTTY } = process.stderr;
  const show = () => {
    const line = `${description}… ${duration(Date.now() - started)}`;
    if (isTTY) process.stderr.write(`\r[nodeforge] ${line}`);
    else logLine(line);
  };
  if (!isTTY) logLine(`${description}…`);
  const timer = setInterval(show, isTTY ? 1000 : plainInterval * 1000);
  try {
    const result = await work();
    if (isTTY) process.stderr.write("\r\x1b[K");
    logLine(`${description}: done in ${duration(Date.now() - started)}`);
    return result;
  } catch (error) {
    if (isTTY) process.stderr.write("\n");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Formats milliseconds as `12s`, `3m12s` or `1h02m`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const two = (number: number) => String(number).padStart(2, "0");
  if (minutes >= 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  return minutes > 0 ? `${minutes}m${two(seconds % 60)}s` : `${seconds}s`;
}
