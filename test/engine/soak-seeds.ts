/** Most walks of a part of a night. Each walk has a seed of its own. */
export const seedsOfPart = 2000;

/** Most parts of a night. */
const parts = 20;

/** fast-check uses 32 bits of a seed, with a sign. */
const end = 2 ** 31;

/**
 * First seed of a part of a night. No part of any night has a seed of another part.
 * @param night Number of the night, 0 or more.
 * @param part Number of the part, 0 to 19.
 * @throws when a number is none of these, or too large.
 */
export function firstSeed(night: number, part: number): number {
  const seed = (night * parts + part) * seedsOfPart;
  const isPart = Number.isInteger(part) && part >= 0 && part < parts;
  if (isPart && Number.isInteger(night) && night >= 0 && seed + seedsOfPart <= end) return seed;
  const largest = Math.floor(end / seedsOfPart / parts) - 1;
  throw new Error(
    `no seeds are known of part ${part} of night ${night}. Expected a part from 0 to ${parts - 1}, and a night from 0 to ` +
      `${largest}. Fix: set NODEFORGE_SOAK_PART and NODEFORGE_SOAK_NIGHT to such numbers.`,
  );
}

/** Time limit of a soak. An operation takes half a second on a quiet machine, and the list of a failure is shortened. */
export function soakMilliseconds(operations: number): number {
  return 1_800_000 + 1_800 * operations;
}
