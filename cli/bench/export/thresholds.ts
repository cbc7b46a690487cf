import type { Threshold } from "../scenario/scenario.ts";
import type { BenchmarkData } from "./benchmark-data.ts";
import { amount } from "./words.ts";

/** One limit of a threshold, evaluated. */
interface ThresholdCheck {
  readonly scheduler: string;
  /** The limit in words, e.g. `throughput at least 270 pods/s`. */
  readonly name: string;
  /** Reason why it fails; absent where it holds. */
  readonly failure?: string;
}

/** Returns each limit of the scenario's thresholds with its outcome. A limit without a value fails. */
export function thresholdChecks(data: BenchmarkData): readonly ThresholdCheck[] {
  return data.scenario.thresholds.flatMap((threshold) => checksOf(threshold, data));
}

/** Returns one sentence for each threshold that is violated or has no value; none where all hold. */
export function thresholdFailures(data: BenchmarkData): readonly string[] {
  return thresholdChecks(data).flatMap(({ failure }) => failure ?? []);
}

function checksOf(threshold: Threshold, { kinds, result, scenario }: BenchmarkData): readonly ThresholdCheck[] {
  const { scheduler, metric, atLeast, atMost, ratioAtLeast } = threshold;
  const unit = kinds.find(({ name }) => name === metric)?.unit ?? "";
  const median = result.schedulers.find(({ name }) => name === scheduler)?.measures[metric]?.median;
  const pair = result.pairs.find((one) => one.scheduler === scheduler && one.measure === metric);
  const baseline = scenario.compare.baseline;

  const check = (name: string, failure: string | undefined): ThresholdCheck => ({
    scheduler,
    name,
    ...(failure === undefined ? {} : { failure: `${scheduler}: ${failure}.` }),
  });
  const ofMedian = (limit: number, words: string, holds: (value: number) => boolean) => {
    const wanted = `${words} ${amount(limit, unit)}`;
    const found = median === undefined ? `${metric} has no value` : `median ${metric} is ${amount(median, unit)}`;
    const isMet = median !== undefined && holds(median);
    return check(`${metric} ${wanted}`, isMet ? undefined : `${found}, wanted ${wanted}`);
  };
  const ofRatio = (limit: number) => {
    const wanted = `at least ${amount(limit)}`;
    const name = `${metric} ${wanted} times that of ${baseline}`;
    if (pair === undefined) return check(name, `${metric} has no ratio to ${baseline}, wanted ${wanted}`);
    if (pair.verdict.kind === "not comparable") {
      return check(name, `${metric} against ${baseline}: ${pair.verdict.text}`);
    }
    const isMet = pair.ratio >= limit;
    return check(name, isMet ? undefined : `${metric} is ${amount(pair.ratio)} times ${baseline}, wanted ${wanted}`);
  };
  return [
    ...(atLeast === undefined ? [] : [ofMedian(atLeast, "at least", (value) => value >= atLeast)]),
    ...(atMost === undefined ? [] : [ofMedian(atMost, "at most", (value) => value <= atMost)]),
    ...(ratioAtLeast === undefined ? [] : [ofRatio(ratioAtLeast)]),
  ];
}
