import type { Repetition } from "../run/repetition.ts";

/** Paths of a repetition's raw files, relative to the run's folder. */
interface RepetitionFiles {
  /** In the order of the repetition's scrapes. */
  readonly scrapes: readonly string[];
  readonly journal: string;
  /** Pods, nodes, usage and everything else that is no text, as JSON. */
  readonly raw: string;
}

/**
 * Returns the paths of a repetition's raw files, e.g. `metrics/03-mine-before-etcd.prom.gz`.
 * @throws if the scheduler's name is not safe in a file name.
 */
export function repetitionFiles({ number, scheduler, scrapes }: Repetition): RepetitionFiles {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(scheduler)) {
    throw new Error(
      `Name of a scheduler: wanted letters, digits, ".", "_" and "-", got ${JSON.stringify(scheduler)}. ` +
        "Fix: rename it in the scenario",
    );
  }
  const stem = `${String(number).padStart(2, "0")}-${scheduler}`;
  return {
    scrapes: scrapes.map(({ component, when }) => `metrics/${stem}-${when}-${component}.prom.gz`),
    journal: `logs/${stem}.log`,
    raw: `repetitions/${stem}.json.gz`,
  };
}
