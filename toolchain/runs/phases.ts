import type { Timings } from "./record.ts";

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
