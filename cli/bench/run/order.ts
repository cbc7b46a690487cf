import { seededRandom, shuffled } from "../statistics/random.ts";

/** Place of a repetition in the whole benchmark. */
interface Turn {
  /** From 0. */
  readonly block: number;
  readonly scheduler: string;
}

/**
 * Returns the order of all repetitions.
 *
 * `interleaved`: each block has each scheduler once. Two schedulers run as ABBA BAAB; more run in the rows of Williams' design
 * (Australian Journal of Chemistry A2, 1949). There each scheduler has each position, and each predecessor, equally often in
 * a cycle. A cycle has as many blocks as schedulers, and twice as many where their number is odd. The seed decides which
 * scheduler is A, and the order of the rows.
 *
 * `sequential`: all repetitions of the first scheduler, then all of the second. Drift of the machine then looks like a
 * difference of the schedulers.
 * @throws where there are no schedulers, a name occurs twice, or `blocks` is no positive integer.
 */
export function blockOrder({
  schedulers,
  blocks,
  seed,
  order,
}: {
  readonly schedulers: readonly string[];
  readonly blocks: number;
  readonly seed: number;
  readonly order: "interleaved" | "sequential";
}): readonly Turn[] {
  if (schedulers.length === 0)
    throw new Error("schedulers is empty; wanted at least one name. Fix: name a scheduler in the scenario.");
  const twice = schedulers.find((name, index) => schedulers.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Error(`scheduler "${twice}" occurs twice; wanted unique names. Fix: rename one of the two.`);
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new Error(`blocks must be a positive integer, got ${blocks}. Fix: set repetitions to 1 or more.`);
  const numbers = Array.from({ length: blocks }, (_, block) => block);
  if (order === "sequential") return schedulers.flatMap((scheduler) => numbers.map((block) => ({ block, scheduler })));

  const random = seededRandom(seed);
  const names = shuffled(schedulers, random);
  const design = williams(names.length);
  // Two rows keep their order: a shuffle would only exchange the names A and B.
  const rows = design.length > 2 ? shuffled(design, random) : design;
  return numbers.flatMap((block) => {
    const place = block % rows.length;
    // Each second cycle runs backwards, so that a steady drift cancels out: AB BA, then BA AB.
    const backwards = Math.floor(block / rows.length) % 2 === 1;
    const row = rows[backwards ? rows.length - 1 - place : place] ?? [];
    return row.map((index) => ({ block, scheduler: names[index] ?? "" }));
  });
}

/** Rows of Williams' design for `size` treatments: a square, and its mirror image too where `size` is odd. */
function williams(size: number): readonly (readonly number[])[] {
  // 0, 1, n-1, 2, n-2, ...: the differences of neighbours are all different modulo n.
  const first = Array.from({ length: size }, (_, index) =>
    index % 2 === 1 ? (index + 1) / 2 : (size - index / 2) % size,
  );
  const square = Array.from({ length: size }, (_, shift) => first.map((value) => (value + shift) % size));
  return size % 2 === 0 || size === 1 ? square : [...square, ...square.map((row) => row.toReversed())];
}
