import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { runsFolder } from "./folder.ts";
import { readRecord, type RunRecord } from "./record.ts";

/** A run that was recorded. */
export interface ArchivedRun {
  /** Name of its folder. */
  readonly name: string;
  readonly folder: string;
  /** The record, or why it cannot be read. */
  readonly record: RunRecord | Error;
}

/** A run whose record can be read. */
export type ReadableRun = ArchivedRun & { readonly record: RunRecord };

/** All runs, the oldest first: names begin with the time, and end with a number where one is not enough. */
export async function listRuns(root = runsFolder): Promise<readonly ArchivedRun[]> {
  const { compare } = new Intl.Collator("en", { numeric: true });
  const names = (await namesOf(root)).sort(compare);
  return Promise.all(
    names.map(async (name) => {
      const folder = join(root, name);
      return { name, folder, record: await readRecord(folder).catch((error: unknown) => error as Error) };
    }),
  );
}

/** What a run may be called besides its name or the beginning of it. */
const places: Readonly<Record<string, number>> = { latest: -1, previous: -2 };

/**
 * Finds a run by `latest`, `previous`, its name, or a beginning that no other name has.
 * @throws when no run or several are meant, or when its record cannot be read.
 */
export function findRun(runs: readonly ArchivedRun[], wanted: string): ReadableRun {
  const place = places[wanted];
  const exact = runs.filter(({ name }) => name === wanted);
  const found =
    place !== undefined
      ? runs.slice(place, runs.length + place + 1)
      : exact.length > 0
        ? exact
        : runs.filter(({ name }) => wanted !== "" && name.startsWith(wanted));
  const [run, ...others] = found;
  if (run === undefined || (place !== undefined && runs.length < -place)) {
    throw new Error(
      `there is no run ${wanted}: wanted latest, previous, or the beginning of one of ${runs.length} names; ` +
        (runs.length === 0 ? "`npm run up` makes the first" : "`npm run runs` lists them"),
    );
  }
  if (others.length > 0) {
    throw new Error(`${wanted} is the beginning of ${found.length} runs: ${found.map(({ name }) => name).join(", ")}`);
  }
  const { record } = run;
  if (record instanceof Error) throw new Error(`the record of ${run.name} cannot be read: ${record.message}`);
  return { ...run, record };
}

async function namesOf(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
