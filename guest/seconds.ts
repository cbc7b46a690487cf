/** Seconds of phases, by their names. */
export type Seconds = Readonly<Record<string, number>>;

/**
 * The longest a phase can take, in seconds: a week. The steps' own limits are below it; a time of day, which a clock that was
 * set makes of a duration, is far above.
 */
export const longestPhase = 7 * 24 * 60 * 60;

/** What {@link senseOf} makes of seconds. */
export interface Sense {
  readonly seconds: Seconds;
  /** What was left out: phase and value, as text. */
  readonly nonsense: readonly string[];
}

/** Takes out of seconds that came from elsewhere whatever is not a finite number from 0 to {@link longestPhase}. */
export function senseOf(given: unknown): Sense {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { seconds: {}, nonsense: [JSON.stringify(given) ?? "nothing"] };
  }
  const phases = Object.entries(given as Record<string, unknown>);
  return {
    seconds: Object.fromEntries(phases.filter((phase): phase is [string, number] => makesSense(phase[1]))),
    nonsense: phases
      .filter(([, value]) => !makesSense(value))
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  };
}

function makesSense(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= longestPhase;
}
