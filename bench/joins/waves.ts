/** Seconds since the first join began. */
export interface Join {
  readonly began: number;
  readonly ended: number;
}

/** Joins of one bring-up, and the errors of those that failed. */
export interface Joins {
  readonly joins: readonly Join[];
  readonly errors: readonly string[];
}

/**
 * Runs joins in waves, as the program orders them: a worker waits until the worker `size` places before it is Ready. A failed
 * join lets the others go on.
 * @param join Joins one worker, and settles when its node is Ready.
 */
export async function inWaves<T>(
  workers: readonly T[],
  size: number,
  join: (worker: T) => Promise<unknown>,
): Promise<Joins> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const joins: Join[] = [];
  const errors: string[] = [];
  const ends: Promise<void>[] = [];
  for (const [index, worker] of workers.entries()) {
    const run = async () => {
      await ends[index - size];
      const began = elapsed();
      try {
        await join(worker);
        joins.push({ began, ended: elapsed() });
      } catch (error) {
        errors.push((error as Error).message);
      }
    };
    ends.push(run());
  }
  await Promise.all(ends);
  return { joins, errors };
}
