import type { MeasureKind, Measures } from "../metrics/measures.ts";
import { holm } from "./holm.ts";
import { pairedRatio } from "./pair.ts";
import type { Estimate } from "./pair.ts";
import { resolution } from "./repetitions.ts";
import type { PairResult, Summary } from "./result.ts";
import { leastForInterval, summarize } from "./summary.ts";
import { isSpeed, notComparable, verdict } from "./verdict.ts";

/** Measures of the repetitions of each scheduler, and how to compare them. */
interface Comparison {
  /** Repetitions that count, without warm-ups and void ones, by scheduler. */
  readonly values: Readonly<Record<string, readonly { readonly block: number; readonly measures: Measures }[]>>;
  readonly kinds: readonly MeasureKind[];
  readonly baseline: string;
  /** Measures that get a verdict. Holm's correction takes all of them, of all schedulers, together. */
  readonly named: readonly string[];
  /** Half-width of the band that counts as the same, as a fraction, e.g. 0.03. */
  readonly equivalence: number;
  readonly seed: number;
  /**
   * Reason, by scheduler, why its speed says nothing about it, e.g. that etcd was the limit. It is the verdict of measures in
   * units per second; the others keep theirs. @default none
   */
  readonly notComparable?: Readonly<Record<string, string>>;
}

/**
 * Summarizes every measure of every scheduler, and compares the named ones with the baseline within blocks. A block that lacks
 * the measure of one of the two is left out of the pair.
 * @throws where the baseline or a named measure is unknown.
 */
export function compareSchedulers(comparison: Comparison): {
  readonly schedulers: readonly { readonly name: string; readonly measures: Readonly<Record<string, Summary>> }[];
  readonly pairs: readonly PairResult[];
} {
  const { values, kinds, baseline, named, equivalence } = comparison;
  const names = Object.keys(values);
  if (!names.includes(baseline))
    throw new Error(
      `baseline "${baseline}" has no results; wanted one of ${names.join(", ")}. Fix: set compare.baseline to one of them.`,
    );
  const compared = named.map((name) => kindNamed(kinds, name));
  const found = names
    .filter((scheduler) => scheduler !== baseline)
    .flatMap((scheduler) => compared.map((kind) => ({ scheduler, kind, ...estimateOf(comparison, scheduler, kind) })));

  const tested = found.flatMap((pair) => (pair.estimate !== undefined && pair.reason === undefined ? [pair] : []));
  const corrected = holm(tested.map(({ estimate }) => estimate?.p ?? 1));
  const pairs = found.map((pair): PairResult => {
    const { scheduler, kind, estimate, reason } = pair;
    const { ratio, interval, blocks, spread } = estimate ?? nothing;
    const p = corrected[tested.indexOf(pair)] ?? NaN;
    const judged =
      reason === undefined
        ? verdict({ kind, ratio, interval, p, repetitions: blocks, spread, equivalence, tests: tested.length })
        : notComparable(reason);
    return { scheduler, baseline, measure: kind.name, ratio, interval, p, blocks, verdict: judged };
  });
  const schedulers = names.map((name) => ({ name, measures: summaries(values[name] ?? []) }));
  return { schedulers, pairs };
}

/** Stands for an estimate where a ratio does not exist. */
const nothing = { ratio: NaN, interval: [NaN, NaN], blocks: 0, spread: NaN } as const;

/** The estimate of a pair, the reason why it must not be compared, or both. */
interface Found {
  readonly estimate?: Estimate;
  readonly reason?: string;
}

function estimateOf(comparison: Comparison, scheduler: string, kind: MeasureKind): Found {
  const { values, baseline, seed } = comparison;
  const of = (name: string) =>
    new Map(
      (values[name] ?? []).flatMap(({ block, measures }) => {
        const value = measures[kind.name];
        return value === undefined ? [] : [[block, value] as const];
      }),
    );
  const others = of(baseline);
  const pairs = [...of(scheduler)].flatMap(([block, value]) => {
    const other = others.get(block);
    return other === undefined ? [] : [[value, other] as const];
  });
  if (pairs.length === 0) return { reason: `no block has ${kind.name} of both ${scheduler} and ${baseline}` };
  if (pairs.every(([value, other]) => value === other))
    return { estimate: { ratio: 1, interval: [1, 1], p: 1, blocks: pairs.length, spread: 0 } };
  if (pairs.flat().some((value) => value <= 0))
    return { reason: `${kind.name} is not above 0 in every block, so that it has no ratio` };
  const estimate = pairedRatio(pairs, seed);
  const limited = [scheduler, baseline].find((name) => comparison.notComparable?.[name] !== undefined);
  if (!isSpeed(kind) || limited === undefined) return { estimate };
  return { estimate, reason: comparison.notComparable?.[limited] ?? "" };
}

function summaries(repetitions: readonly { readonly measures: Measures }[]): Readonly<Record<string, Summary>> {
  const names = new Set(repetitions.flatMap(({ measures }) => Object.keys(measures)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      summarize(repetitions.flatMap(({ measures }) => (measures[name] === undefined ? [] : [measures[name]]))),
    ]),
  );
}

function kindNamed(kinds: readonly MeasureKind[], name: string): MeasureKind {
  const kind = kinds.find((one) => one.name === name);
  if (kind !== undefined) return kind;
  const known = kinds.map((one) => one.name).join(", ");
  throw new Error(
    `measure "${name}" is unknown; wanted one of ${known}. Fix: correct compare.metrics in the scenario.`,
  );
}

/**
 * Returns the smallest difference in per cent that a number of repetitions shows with a chance of 80 %. It is undefined
 * where the calibration has fewer than 3 values, a value is not above 0, or there are fewer than 6 repetitions.
 * @param values One scheduler's values of a measure in the order they ran. Two neighbours stand for a block of A against A, so
 * that slow drift does not count.
 * @param repetitions @default the number of values
 */
export function detectable(values: readonly number[], repetitions = values.length): number | undefined {
  if (values.length < 3 || repetitions < leastForInterval || values.some((value) => !(value > 0))) return undefined;
  const squares = values.slice(1).map((value, index) => Math.log(value / (values[index] ?? NaN)) ** 2);
  const spread = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  return 100 * Math.expm1(resolution(spread, repetitions));
}
