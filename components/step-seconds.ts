import * as pulumi from "@pulumi/pulumi";
import { longestPhase, plausibleSeconds } from "../guest/seconds.ts";

/**
 * The seconds that a step says its phases took; what makes no sense is left out, with a warning.
 * @param step Name of the step, for the warning.
 */
export function checkedSeconds(step: string, given: unknown): Record<string, number> {
  const { seconds, implausible } = plausibleSeconds(given);
  if (implausible.length > 0) {
    const wanted = `wanted are seconds from 0 to ${longestPhase}`;
    // The clock is what can be wrong; the step itself did its work.
    void pulumi.log.warn(
      `${step} reports times that make no sense, which are left out: ${implausible.join(", ")}; ${wanted}`,
    );
  }
  return { ...seconds };
}

/**
 * The `seconds` of a step's result.
 * @param result The JSON object that the step printed.
 */
export function secondsOf(step: string, result: string): Record<string, number> {
  return checkedSeconds(step, (JSON.parse(result) as { readonly seconds?: unknown }).seconds);
}
