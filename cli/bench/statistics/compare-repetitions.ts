import { countedRepetitions, type MeasuredRepetition } from "../export/benchmark-data.ts";
import { measureKinds } from "../metrics/measure-kinds.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { compareSchedulers } from "./compare.ts";
import type { BenchResult } from "./result.ts";
import { isPaced, pacedReason } from "./verdict.ts";

/** Compares the schedulers of a scenario by their counted repetitions. */
export function compareRepetitions(scenario: Scenario, repetitions: readonly MeasuredRepetition[]): BenchResult {
  const counted = countedRepetitions({ repetitions });
  const of = (name: string) => counted.filter(({ scheduler }) => scheduler === name);
  const names = scenario.schedulers.map(({ name }) => name);
  const limits = Object.fromEntries(names.map((name) => [name, mostFrequent(of(name).map(({ limit }) => limit.by))]));
  const { baseline, metrics, equivalence } = scenario.compare;
  const compared = compareSchedulers({
    values: Object.fromEntries(names.map((name) => [name, of(name)])),
    kinds: measureKinds,
    ...{ baseline, named: metrics, equivalence, seed: scenario.seed },
    notComparable: Object.fromEntries(
      names.flatMap((name) => {
        return isPaced(limits[name]) || isPaced(limits[baseline]) ? [[name, pacedReason]] : [];
      }),
    ),
  });
  return {
    pairs: compared.pairs,
    schedulers: compared.schedulers.map((each) => ({ ...each, limit: limits[each.name] ?? "unknown" })),
  };
}

/** Summarizes each scheduler of a scenario, as {@link compareRepetitions} does, in milliseconds. It leaves out every comparison. */
export function summarizeRepetitions(scenario: Scenario, repetitions: readonly MeasuredRepetition[]): BenchResult {
  return compareRepetitions({ ...scenario, compare: { ...scenario.compare, metrics: [] } }, repetitions);
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
