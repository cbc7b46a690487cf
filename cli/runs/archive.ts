import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareNames } from "../../lib/name-order.ts";
import { isDiagnosisName, runsFolder } from "./folder.ts";
import { readRecord, type RunRecord } from "./record.ts";

/** A folder of a run or of a diagnosis. */
export interface ArchivedRun {
  /** Name of its folder. */
  readonly name: string;
  readonly folder: string;
  /** The record, or why it cannot be read. */
  readonly record: RunRecord | Error;
}

/** A run whose record can be read. */
export type ReadableRun = ArchivedRun & { readonly record: RunRecord };

/** Lists all runs, the oldest first, also those whose record cannot be read. Leaves out diagnoses, which have no record. */
export async function listRuns(root = runsFolder): Promise<readonly ArchivedRun[]> {
  const isDiagnosis = ({ name, record }: ArchivedRun) =>
    isDiagnosisName(name) && (record as NodeJS.ErrnoException).code === "ENOENT";
  return (await listArchive(root)).filter((archived) => !isDiagnosis(archived));
}

/** Lists the folders of all runs and diagnoses, the oldest first. Names begin with the time, and may end with a number. */
export async function listArchive(root = runsFolder): Promise<readonly ArchivedRun[]> {
  const names = (await namesOf(root)).sort(compareNames);
  return Promise.all(
    names.map(async (name) => {
      const folder = join(root, name);
      return { name, folder, record: await readRecord(folder).catch((error: unknown) => error as Error) };
    }),
  );
}

/** Words for a run, with the index of the run in the list. */
const places: Readonly<Record<string, number>> = { latest: -1, previous: -2 };

/**
 * Finds a run by `latest`, `previous`, its name, or a beginning that only its name has.
 * @throws when no run or several runs match, or when the record cannot be read.
 */
export function findRun(runs: readonly ArchivedRun[], query: string): ReadableRun {
  const place = places[query];
  const exact = runs.filter(({ name }) => name === query);
  const found =
    place !== undefined
      ? runs.slice(place, runs.length + place + 1)
      : exact.length > 0
        ? exact
        : runs.filter(({ name }) => query !== "" && name.startsWith(query));
  const [run, ...others] = found;
  if (run === undefined || (place !== undefined && runs.length < -place)) {
    throw new Error(
      `no run matches \`${query}\`: expected latest, previous, or the beginning of one of ${runs.length} names. Fix: ` +
        (runs.length === 0 ? "`npm run up` records the first run" : "choose a name that `npm run runs` lists"),
    );
  }
  if (others.length > 0) {
    throw new Error(
      `${found.length} runs match \`${query}\`: ${found.map(({ name }) => name).join(", ")}. Fix: give more of the name`,
    );
  }
  const { record } = run;
  if (record instanceof Error) throw new Error(`the record of run ${run.name} cannot be read: ${record.message}`);
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
