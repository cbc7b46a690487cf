import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { FileLock } from "../../lib/file-lock.ts";
import { logLine, type Log } from "../../lib/log.ts";
import { checkpointText, hashOf, readCheckpoint, replaceCheckpoint } from "./checkpoint.ts";
import { conclude, readJournal, type JournalText } from "./journal.ts";
import { pathsOf, type StackPlace } from "./places.ts";
import { replay } from "./replay.ts";

/**
 * Writes the journal of a killed run into the checkpoint, and deletes the journal. Must run before any program reads the
 * checkpoint. Does nothing without a journal, or while another process writes it.
 * @throws when the checkpoint was changed after the kill, or the disk is full. The journal then stays.
 */
export async function recoverJournal(place: StackPlace, log: Log = logLine): Promise<void> {
  const { journal: path, journalLock } = pathsOf(place);
  if (!existsSync(path)) return;
  const lock = await FileLock.take(journalLock);
  if (lock === undefined) return;
  try {
    const entries = await compact(place);
    if (entries > 0)
      log(`the last run on stack ${place.stack} was killed; ${entries} changes of its journal are in the state now`);
  } finally {
    lock.release();
  }
}

/**
 * Writes a journal into its checkpoint, and deletes it. A kill at any moment leaves a journal that a repetition completes.
 *
 * Hold the lock of the journal, which no process may append to meanwhile.
 * @returns the number of entries that were written.
 */
export async function compact(place: StackPlace): Promise<number> {
  const { journal: path } = pathsOf(place);
  const journal = await readJournal(path);
  if (journal === undefined) {
    // A journal without a complete first line has no entries.
    await rm(path, { force: true });
    return 0;
  }
  const checkpoint = await readCheckpoint(place);
  const isDone = journal.result !== undefined && journal.result === checkpoint?.hash;
  if (!isDone) await write(place, journal, checkpoint);
  await rm(path);
  return isDone ? 0 : journal.entries.length;
}

async function write(place: StackPlace, journal: JournalText, checkpoint: Awaited<ReturnType<typeof readCheckpoint>>) {
  const { journal: path, checkpoint: file } = pathsOf(place);
  if (checkpoint?.hash !== journal.head.base) {
    throw new Error(
      `the journal ${path} of a killed run does not belong to the checkpoint ${file}: another program has changed the ` +
        `checkpoint since, got SHA-256 ${checkpoint?.hash ?? "of no file"}, expected ${journal.head.base}. ` +
        "Fix: restore the checkpoint of that time from its copy with .bak, or remove the journal to lose its " +
        `${journal.entries.length} changes`,
    );
  }
  if (journal.entries.length === 0) return;
  const text = checkpointText(place, replay(checkpoint.deployment, journal.entries, journal.head));
  await conclude(path, hashOf(text));
  await replaceCheckpoint(place, text);
}
