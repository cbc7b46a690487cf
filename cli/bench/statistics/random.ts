/** Source of reproducible pseudo-random numbers. */
export interface Random {
  /** Returns 32 random bits as an integer from 0. */
  readonly bits: () => number;
  /** Returns an integer from 0 to `limit - 1`. */
  readonly below: (limit: number) => number;
}

/**
 * Returns pseudo-random numbers that depend on the seed alone: Marsaglia's xorshift128 (Journal of Statistical Software 8/14,
 * 2003).
 * @param seed Any integer; its lower 32 bits count.
 */
export function seededRandom(seed: number): Random {
  // Weyl steps through a multiplicative mixer, since neighbouring seeds must not give similar states.
  const state = Int32Array.from({ length: 4 }, (_, index) => mix((seed | 0) + Math.imul(index + 1, 0x9e3779b9)));
  const bits = () => {
    const first = state[0] ?? 0;
    const last = state[3] ?? 0;
    const turned = first ^ (first << 11);
    state.copyWithin(0, 1);
    state[3] = last ^ (last >>> 19) ^ turned ^ (turned >>> 8);
    return (state[3] ?? 0) >>> 0;
  };
  return { bits, below: (limit) => Math.floor((bits() / 2 ** 32) * limit) };
}

function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b);
  const mixed = twice ^ (twice >>> 16);
  // A state of zeros alone would stay so for ever.
  return mixed === 0 ? 1 : mixed;
}

/** Returns the items in a random order. */
export function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  const keys = items.map((item) => ({ item, key: random.bits() }));
  return keys.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
