/**
 * Makes a small trace of pods with devices, in the columns of the openb trace. The same seed gives the same text.
 *
 *     node benchmarks/traces/synthesize.ts [PODS [SEED]] > benchmarks/traces/synthetic.csv
 */

const columns = [
  "name",
  "cpu_milli",
  "memory_mib",
  "num_gpu",
  "gpu_milli",
  "gpu_spec",
  "qos",
  "pod_phase",
  "creation_time",
  "deletion_time",
  "scheduled_time",
] as const;

/** Sizes of pods. A size is as frequent as its weight. The first three need no device. */
const sizes = [
  { weight: 4, cpuMilli: 1000, memoryMib: 2048, devices: 0, deviceMilli: 0 },
  { weight: 2, cpuMilli: 2000, memoryMib: 8192, devices: 0, deviceMilli: 0 },
  { weight: 1, cpuMilli: 4000, memoryMib: 4096, devices: 0, deviceMilli: 0 },
  { weight: 4, cpuMilli: 4000, memoryMib: 16384, devices: 1, deviceMilli: 1000 },
  { weight: 2, cpuMilli: 8000, memoryMib: 32768, devices: 2, deviceMilli: 1000 },
  { weight: 1, cpuMilli: 16000, memoryMib: 65536, devices: 4, deviceMilli: 1000 },
] as const;

/** Returns numbers from 0 to below 1, from a linear congruential generator (Numerical Recipes' constants). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function pickSize(random: number): (typeof sizes)[number] {
  const total = sizes.reduce((sum, { weight }) => sum + weight, 0);
  let rest = random * total;
  for (const size of sizes) {
    if (rest < size.weight) return size;
    rest -= size.weight;
  }
  return sizes[0];
}

/**
 * Returns a trace of one hour as CSV. Pods arrive as a Poisson process on average, and live for 10 minutes on average.
 * @param options.pods Number of pods, 1 or more. @default 120
 * @param options.seed Integer. @default 1
 * @throws RangeError for another number.
 */
export function synthesizeTrace({
  pods = 120,
  seed = 1,
}: { readonly pods?: number; readonly seed?: number } = {}): string {
  if (!Number.isInteger(pods) || pods < 1) {
    throw new RangeError(`The number of pods must be an integer above 0, but it is ${pods}. Fix: give another number.`);
  }
  if (!Number.isInteger(seed)) {
    throw new RangeError(`The seed must be an integer, but it is ${seed}. Fix: give another seed.`);
  }
  const random = numbersFrom(seed);
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  const rows: string[] = [columns.join(",")];
  let time = 0;
  for (let index = 0; index < pods; index++) {
    time += exponential(3600 / pods);
    const size = pickSize(random());
    const created = Math.floor(time);
    const deleted = created + Math.max(1, Math.round(exponential(600)));
    const name = `synthetic-pod-${String(index).padStart(4, "0")}`;
    const { cpuMilli, memoryMib, devices, deviceMilli } = size;
    rows.push(
      [name, cpuMilli, memoryMib, devices, deviceMilli, "", "LS", "Succeeded", created, deleted, created].join(","),
    );
  }
  return `${rows.join("\n")}\n`;
}

if (import.meta.main) {
  const [pods, seed] = process.argv.slice(2).map(Number);
  process.stdout.write(
    synthesizeTrace({ ...(pods === undefined ? {} : { pods }), ...(seed === undefined ? {} : { seed }) }),
  );
}
