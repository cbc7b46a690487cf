/** Seconds of phases, by phase. */
export type Seconds = Readonly<Record<string, number>>;

/**
 * Longest plausible duration of a phase, in seconds: a week. The limits of the steps are shorter. A clock that was set meanwhile
 * turns a duration into a time of day since 1970, which is far longer.
 */
export const longestPhase = 7 * 24 * 60 * 60;

/** Result of {@link plausibleSeconds}. */
export interface PlausibleSeconds {
  readonly seconds: Seconds;
  /** Omitted entries: phase and value, as text. */
  readonly implausible: readonly string[];
}

/** Keeps the entries with a number from 0 to {@link longestPhase}. The input comes from a node or a file and is not trusted. */
export function plausibleSeconds(given: unknown): PlausibleSeconds {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { seconds: {}, implausible: [JSON.stringify(given) ?? "nothing"] };
  }
  const phases = Object.entries(given as Record<string, unknown>);
  return {
    seconds: Object.fromEntries(phases.filter((phase): phase is [string, number] => isPlausible(phase[1]))),
    implausible: phases
      .filter(([, value]) => !isPlausible(value))
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  };
}

function isPlausible(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= longestPhase;
}
