import { longestPhase, senseOf } from "../../guest/seconds.ts";
import type { Log } from "../../lib/log.ts";
import type { RunRecord, Timings } from "./record.ts";

/** How long a phase of a node took. */
export interface Phase {
  readonly node: string;
  readonly phase: string;
  readonly seconds: number;
}

/** Every phase of every node, in the order in which the stack tells them. */
export function phaseTable(timings: Timings): readonly Phase[] {
  return Object.entries(timings).flatMap(([node, phases]) =>
    Object.entries(phases).map(([phase, seconds]) => ({ node, phase, seconds })),
  );
}

/**
 * The timings without what makes no sense as a duration.
 * @param log Takes a line for each node of which something is left out. @default none
 */
export function saneTimings(timings: Timings, log: Log = () => undefined): Timings {
  return Object.fromEntries(
    Object.entries(timings).map(([node, phases]) => {
      const { seconds, nonsense } = senseOf(phases);
      if (nonsense.length > 0) {
        log(
          `the times of ${node} make no sense and are left out: ${nonsense.join(", ")} (wanted 0 to ${longestPhase} s)`,
        );
      }
      return [node, seconds];
    }),
  );
}

/**
 * The nodes whose phases add up to more than the whole run, a sentence each: a clock was set meanwhile. It can be said only
 * of a run that made everything, because a node that stays as it was repeats the times of an earlier run.
 */
export function longerThanRun({ changes, seconds, timings }: Pick<RunRecord, "changes" | "seconds" | "timings">) {
  if (changes === null || seconds === null || changes.created === 0) return [];
  if (changes.same + changes.updated + changes.replaced > 0) return [];
  return Object.entries(timings).flatMap(([node, phases]) => {
    const sum = Object.values(phases).reduce((total, phase) => total + phase, 0);
    return sum <= seconds ? [] : [`The phases of ${node} add up to ${sum} s, and the whole run took ${seconds} s.`];
  });
}
