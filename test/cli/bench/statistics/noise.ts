import { seededRandom } from "../../../../cli/bench/statistics/random.ts";

/** Returns a source of standard normal noise (Box-Muller). */
export function seededNoise(seed: number): () => number {
  const random = seededRandom(seed);
  const uniform = () => (random.bits() + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
