import * as pulumi from "@pulumi/pulumi";
import { stepResult } from "./step-result.ts";
import { longestPhase, plausibleSeconds } from "../guest/seconds.ts";

/**
 * Returns the durations that a step reports for its phases, in seconds. Leaves out invalid ones and warns about them.
 * @param step Name of the step, for the warning.
 * @param given Durations by phase, as the step printed them.
 */
export function checkedSeconds(step: string, given: unknown): Record<string, number> {
  const { seconds, implausible } = plausibleSeconds(given);
  if (implausible.length > 0) {
    // A warning, because only the clock is wrong: the step has succeeded.
    const expected = `expected seconds from 0 to ${longestPhase}`;
    void pulumi.log.warn(`${step} reports implausible durations, ${expected}. Left out: ${implausible.join(", ")}`);
  }
  return { ...seconds };
}

/**
 * Returns the durations in a step's result, see {@link checkedSeconds}.
 * @param result JSON object that the step printed, with the durations as `seconds`.
 */
export function secondsOf(step: string, result: string): Record<string, number> {
  return checkedSeconds(step, stepResult<{ readonly seconds?: unknown }>(step, result).seconds);
}
