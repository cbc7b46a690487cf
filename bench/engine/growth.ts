/** A cost at a size. */
export interface Point {
  readonly workers: number;
  readonly cost: number;
}

/** Growth of a cost between two sizes. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  /** Slope in a diagram with logarithmic axes: 1 is a cost that grows with the size, 2 with its square. */
  readonly exponent: number;
}

/** Returns the growth between two points. @throws when the sizes are equal or a value is not positive. */
export function growth(one: Point, other: Point): Growth {
  const [from, to] = one.workers < other.workers ? [one, other] : [other, one];
  const values = [from.workers, to.workers, from.cost, to.cost];
  if (from.workers === to.workers || values.some((value) => !(value > 0)))
    throw new Error(`a growth needs positive costs at two sizes, got ${JSON.stringify([one, other])}`);
  const exponent = Math.log(to.cost / from.cost) / Math.log(to.workers / from.workers);
  return { from: from.workers, to: to.workers, exponent };
}

/** Returns the growth between each two neighbouring sizes. */
export function growths(points: readonly Point[]): readonly Growth[] {
  const sorted = [...points].sort((one, other) => one.workers - other.workers);
  return sorted.slice(1).map((point, index) => growth(sorted[index]!, point));
}
