import fc from "fast-check";

/** Seed of the unit tier, so that a change of the code alone decides whether a case fails. */
const fixedSeed = 20_261_127;

/** Parameters of a check. */
interface Check {
  /** Cases of a run of the unit tier. NODEFORGE_PROPERTY_RUNS multiplies this number. */
  readonly runs: number;
}

/**
 * Checks a property. A failure prints the seed, the path and the smallest counterexample. NODEFORGE_PROPERTY_SEED repeats a seed,
 * and NODEFORGE_PROPERTY_RUNS multiplies the number of cases.
 * @throws when a case fails.
 */
export function holds<Ts>(property: fc.IProperty<Ts>, { runs }: Check): void {
  fc.assert(property, parameters(runs));
}

/** As {@link holds}, for a property whose cases are asynchronous. */
export async function holdsLater<Ts>(property: fc.IAsyncProperty<Ts>, { runs }: Check): Promise<void> {
  await fc.assert(property, parameters(runs));
}

/** Returns the values of a check whose cases take too long to be shrunk, each with its number and the seed in words. */
export function samplesOf<T>(arbitrary: fc.Arbitrary<T>, { runs }: Check): readonly (readonly [string, T])[] {
  const { seed, numRuns } = parameters(runs);
  return fc.sample(arbitrary, { seed, numRuns }).map((value, index) => [`${index + 1} of seed ${seed}`, value]);
}

function parameters(runs: number): { readonly seed: number; readonly numRuns: number } {
  const { NODEFORGE_PROPERTY_RUNS: factor, NODEFORGE_PROPERTY_SEED: seed } = process.env;
  return {
    seed: numberOf("NODEFORGE_PROPERTY_SEED", seed) ?? fixedSeed,
    numRuns: Math.ceil(runs * (numberOf("NODEFORGE_PROPERTY_RUNS", factor) ?? 1)),
  };
}

function numberOf(name: string, text = ""): number | undefined {
  if (text === "") return undefined;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  throw new Error(`${name} is ${JSON.stringify(text)}, expected a number. Fix: unset it, or write a number such as 10`);
}
