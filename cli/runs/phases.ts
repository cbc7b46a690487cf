import { longestPhase, plausibleSeconds } from "../../guest/seconds.ts";
import type { Log } from "../../lib/log.ts";
import type { Changes } from "./changes.ts";

/** Seconds by phase, by node. `cluster` has the phases of all nodes together. */
export type Timings = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Duration of a phase of a node. */
export interface Phase {
  readonly node: string;
  readonly phase: string;
  readonly seconds: number;
}

/** Changes and times of a run, as in its record; null while they are not known. */
interface RunTimes {
  readonly changes: Changes | null;
  readonly seconds: number | null;
  readonly timings: Timings;
}

/** Lists every phase of every node, in the order of the stack's output. */
export function phaseTable(timings: Timings): readonly Phase[] {
  return Object.entries(timings).flatMap(([node, phases]) =>
    Object.entries(phases).map(([phase, seconds]) => ({ node, phase, seconds })),
  );
}

/**
 * Returns the timings without values that cannot be durations.
 * @param log Gets a line for each node with such a value. @default none
 */
export function validTimings(timings: Timings, log: Log = () => undefined): Timings {
  return Object.fromEntries(
    Object.entries(timings).map(([node, phases]) => {
      const { seconds, implausible } = plausibleSeconds(phases);
      if (implausible.length > 0) {
        log(
          `times of ${node} cannot be durations and are left out: ${implausible.join(", ")} (expected 0 to ${longestPhase} s)`,
        );
      }
      return [node, seconds];
    }),
  );
}

/**
 * Returns a sentence for each node whose phases add up to more than the whole run, because a clock was set meanwhile. Checks
 * only runs that created everything, because an unchanged node repeats the times of an earlier run.
 */
export function longerThanRun({ changes, seconds, timings }: RunTimes): readonly string[] {
  if (changes === null || seconds === null || changes.created === 0) return [];
  if (changes.same + changes.updated + changes.replaced > 0) return [];
  return Object.entries(timings).flatMap(([node, phases]) => {
    const sum = Object.values(phases).reduce((total, phase) => total + phase, 0);
    return sum <= seconds ? [] : [`The phases of ${node} add up to ${sum} s, and the whole run took ${seconds} s.`];
  });
}
