import type { Evidence, Symptom } from "../evidence.ts";

/** A known cause of failures: one row of docs/troubleshooting.md, and the rule that recognises it. */
export interface KnownCause {
  /** Name of the problem, in a few words. */
  readonly name: string;
  /** The most likely cause, in one sentence. */
  readonly cause: string;
  /** Instructions that remove the cause. */
  readonly fix: string;
  /** Finds the symptoms of this cause; returns none when the evidence does not point to it. */
  readonly symptoms: (evidence: Evidence) => readonly Symptom[];
}
