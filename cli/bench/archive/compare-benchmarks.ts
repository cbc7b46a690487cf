import { measureKinds } from "../metrics/measure-kinds.ts";
import type { MeasureKind } from "../metrics/measures.ts";
import { holm } from "../statistics/holm.ts";
import { compareUnpaired } from "../statistics/mann-whitney.ts";
import type { Verdict } from "../statistics/result.ts";
import { summarize } from "../statistics/summary.ts";
import { isPaced, isSpeed, notComparable, pacedReason, verdict } from "../statistics/verdict.ts";
import { incomparabilities } from "./comparability.ts";
import { countedValues, type BenchFile, type RecordedBenchmark } from "./recorded-benchmark.ts";

/** A measure of a scheduler in two benchmarks. A number is undefined where it does not exist. */
export interface BenchmarkPair {
  readonly scheduler: string;
  readonly measure: string;
  /** Median of the earlier benchmark. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Counted values of each. */
  readonly counts: readonly [number, number];
  /** Ratio of the medians, after / before. */
  readonly ratio?: number;
  readonly interval?: readonly [number, number];
  /** Of the Mann-Whitney U test, after Holm's correction over all pairs. */
  readonly p?: number;
  readonly verdict: Verdict;
}

interface Estimate {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly p: number;
}

/**
 * Compares each scheduler that two benchmarks share, by each measure that one of their scenarios names. Their repetitions have
 * no common blocks, so slow drift between the two counts as a difference.
 * @param force Whether a difference of the conditions is no obstacle.
 * @throws if no scheduler has its name in both.
 */
export function compareBenchmarks(
  before: RecordedBenchmark,
  after: RecordedBenchmark,
  { force = false }: { readonly force?: boolean } = {},
): readonly BenchmarkPair[] {
  const [first, second] = [before.bench, after.bench];
  const names = schedulersOf(first).filter((name) => schedulersOf(second).includes(name));
  if (names.length === 0) {
    throw new Error(
      `expected a scheduler that both benchmarks have, got ${schedulersOf(first).join(", ")} in ${before.run.name} ` +
        `and ${schedulersOf(second).join(", ")} in ${after.run.name}. Fix: give the schedulers equal names in the scenarios`,
    );
  }
  const obstacles = force ? [] : incomparabilities(before, after);
  const measures = [...new Set([...before.scenario.compare.metrics, ...after.scenario.compare.metrics])];
  const equivalence = Math.min(before.scenario.compare.equivalence, after.scenario.compare.equivalence);

  const found = names.flatMap((scheduler) =>
    measures.map((measure) => {
      const values = [first, second].map((bench) => countedValues(bench, scheduler, measure));
      const [earlier = [], later = []] = values;
      const kind = kindOf(measure, [...first.kinds, ...second.kinds]);
      const reason = valueProblem(measure, earlier, later);
      const estimate = reason === undefined ? estimateOf(earlier, later) : undefined;
      const obstacle =
        obstacles.length > 0 ? obstacles.join("; ") : (reason ?? limitProblem(kind, scheduler, first, second));
      return { scheduler, measure, kind, earlier, later, estimate, obstacle };
    }),
  );
  const tested = found.filter(({ estimate, obstacle }) => estimate !== undefined && obstacle === undefined);
  const corrected = holm(tested.map(({ estimate }) => estimate?.p ?? 1));
  return found.map((pair): BenchmarkPair => {
    const { scheduler, measure, kind, earlier, later, estimate, obstacle } = pair;
    const p = corrected[tested.indexOf(pair)] ?? estimate?.p;
    const repetitions = Math.min(earlier.length, later.length);
    return {
      ...{ scheduler, measure, before: medianOf(earlier), after: medianOf(later) },
      counts: [earlier.length, later.length],
      ...estimate,
      ...(p === undefined ? {} : { p }),
      verdict:
        estimate === undefined || p === undefined || obstacle !== undefined
          ? notComparable(obstacle ?? "no estimate")
          : verdict({ kind, ...estimate, p, repetitions, equivalence, tests: tested.length }),
    };
  });
}

function schedulersOf({ schedulers }: BenchFile): readonly string[] {
  return schedulers.map(({ name }) => name);
}

/** A record may have a measure that this version does not know any more. */
function kindOf(name: string, recorded: readonly MeasureKind[]): MeasureKind {
  const known = [...measureKinds, ...recorded].find((kind) => kind.name === name);
  return known ?? { name, title: name, unit: "", better: "neither" };
}

function valueProblem(measure: string, before: readonly number[], after: readonly number[]): string | undefined {
  const without = before.length === 0 ? "earlier" : after.length === 0 ? "later" : undefined;
  if (without !== undefined) return `no counted repetition of the ${without} benchmark has ${measure}`;
  if (areEqual(before, after)) return undefined;
  const isPositive = [...before, ...after].every((value) => value > 0);
  return isPositive ? undefined : `${measure} is not above 0 in every repetition, so that it has no ratio`;
}

/** A difference of the conditions can be forced, this cannot. */
function limitProblem(kind: MeasureKind, name: string, ...benches: readonly BenchFile[]): string | undefined {
  const isLimited = benches.some(({ schedulers }) =>
    schedulers.some((scheduler) => scheduler.name === name && isPaced(scheduler.limit)),
  );
  return isSpeed(kind) && isLimited ? pacedReason : undefined;
}

function estimateOf(before: readonly number[], after: readonly number[]): Estimate {
  return areEqual(before, after) ? { ratio: 1, interval: [1, 1], p: 1 } : compareUnpaired(after, before);
}

function areEqual(before: readonly number[], after: readonly number[]): boolean {
  return new Set([...before, ...after]).size === 1;
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : summarize(values).median;
}
