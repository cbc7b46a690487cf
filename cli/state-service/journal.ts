import { mkdirSync } from "node:fs";
import { open, readFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { checkShape, object, text } from "../../lib/outside.ts";
import { isRecord } from "../../lib/record.ts";
import { reachDisk } from "../../lib/unfinished.ts";
import { checkEntry, type JournalEntry } from "./entry.ts";

/** First line of a journal. */
export interface JournalHead {
  readonly format: 1;
  /** SHA-256 of the checkpoint that the entries change. */
  readonly base: string;
  /** Version of the Pulumi engine that wrote the entries. */
  readonly engine: string;
}

const headShape = object({ base: text, engine: text });
const fix = "remove the journal, which loses the changes of the killed run";

/** Content of a journal. */
export interface JournalText {
  readonly head: JournalHead;
  readonly entries: readonly JournalEntry[];
  /** SHA-256 of the checkpoint with all entries, which may have its name already; undefined before the journal's end. */
  readonly result: string | undefined;
}

/** File of lines of JSON that grows by the entries of one update. Its size costs nothing at a later append. */
export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  /** Bytes that are complete and on the disk. */
  #size = 0;
  #broken: Error | undefined;
  /** The last append. Appends are in order, because the length of the file follows from all before. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Creates the journal of an update. @throws when the file exists, because its entries are not in the checkpoint yet. */
  static async create(path: string, head: JournalHead): Promise<Journal> {
    mkdirSync(dirname(path), { recursive: true });
    const journal = new Journal(path, await open(path, "wx", 0o600));
    await journal.#append([head]);
    await reachDisk(dirname(path), { recursive: false });
    return journal;
  }

  /**
   * Appends entries. They are on the disk when the promise resolves.
   * @throws when the disk is full, or cannot be written. The journal then has none of them, and accepts others.
   */
  append(entries: readonly JournalEntry[]): Promise<void> {
    return this.#inOrder(entries);
  }

  /** Closes the file. The journal stays. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }

  async #inOrder(lines: readonly object[]): Promise<void> {
    const next = this.#last.catch(() => undefined).then(() => this.#append(lines));
    this.#last = next;
    return next;
  }

  async #append(lines: readonly object[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    try {
      await writeAll(this.#file, text, this.#size);
      await this.#file.datasync();
    } catch (error) {
      // A part of a line would spoil the line after it.
      await this.#file.truncate(this.#size).catch((reason: unknown) => {
        this.#broken = new Error(`${this.#path} cannot be written any more: ${String(reason)}`);
      });
      throw error;
    }
    this.#size += text.length;
  }
}

async function writeAll(file: FileHandle, text: Buffer, position: number): Promise<void> {
  for (let done = 0; done < text.length;) {
    // A disk with little space takes a part of the text, and fails at the next attempt.
    done += (await file.write(text, done, text.length - done, position + done)).bytesWritten;
  }
}

/**
 * Appends the hash of the checkpoint that all entries lead to. A kill after the checkpoint was replaced and before the journal
 * was deleted can then be told from a foreign change of the checkpoint.
 * @param path Journal that no process appends to.
 */
export async function conclude(path: string, result: string): Promise<void> {
  const bytes = await readFile(path);
  const file = await open(path, "r+");
  try {
    // A last line without its end is overwritten.
    const size = bytes.lastIndexOf(10) + 1;
    await file.truncate(size);
    await writeAll(file, Buffer.from(`${JSON.stringify({ result })}\n`), size);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Reads a journal. A last line without its end was not acknowledged, and is ignored.
 * @returns undefined where no journal exists, or it has no complete line.
 * @throws naming the line that is not JSON or has an unknown kind.
 */
export async function readJournal(path: string): Promise<JournalText | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (bytes === undefined) return undefined;
  const [first, ...rest] = [...completeLines(bytes)].map((line, index) => parseLine(path, index + 1, line));
  if (first === undefined) return undefined;
  if (first.format !== 1) throw new Error(`${path} has format ${JSON.stringify(first.format ?? "none")}, expected 1`);
  const head = checkShape<JournalHead>(first, { name: `the first line of ${path}`, fix }, headShape);
  const last = rest.at(-1) as { readonly result?: string } | undefined;
  const entries = rest.filter((line) => !("result" in line));
  return { head, entries: entries.map((entry) => checkEntry(entry)), result: last?.result };
}

function* completeLines(bytes: Buffer): Generator<string> {
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
    yield bytes.toString("utf8", start, end);
  }
}

function parseLine(path: string, number: number, line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`line ${number} of ${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (isRecord(value)) return value;
  throw new Error(`line ${number} of ${path} is ${line.slice(0, 80)}, expected an object. Fix: ${fix}`);
}
