import type { Scenario } from "./scenario.ts";

/** Ending of the second name of a scheduler that is measured against itself. */
const again = "-again";

/** Characters of a scheduler's name at most (schema.ts). */
const longestName = 30;

/**
 * Returns a scenario that measures its first scheduler against itself. The difference that it finds is noise, and its interval
 * says which difference the cluster can show.
 */
export function calibrated(scenario: Scenario): Scenario {
  const [first] = scenario.schedulers;
  if (first === undefined) throw new Error(`${scenario.name} has no scheduler`);
  return {
    ...scenario,
    name: `${scenario.name}-calibration`,
    schedulers: [first, { ...first, name: againName(first.name) }],
    compare: { ...scenario.compare, baseline: first.name },
    // A limit for another scheduler says nothing here.
    thresholds: [],
  };
}

/** Whether a scenario is one of {@link calibrated}, also in a repetition from its record. */
export function isCalibration({ schedulers }: Pick<Scenario, "schedulers">): boolean {
  const [first, second, ...others] = schedulers;
  return first !== undefined && second?.name === againName(first.name) && others.length === 0;
}

function againName(name: string): string {
  return `${name.slice(0, longestName - again.length)}${again}`;
}
