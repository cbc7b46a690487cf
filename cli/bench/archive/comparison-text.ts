import { shortDigest } from "../../../lib/digest.ts";
import { columns } from "../../../lib/table.ts";
import { differences, type Difference } from "../../runs/comparison.ts";
import type { RunRecord } from "../../runs/record.ts";
import { compareBenchmarks, type BenchmarkPair } from "./compare-benchmarks.ts";
import type { ScenarioDocument } from "./complete-document.ts";
import { scenarioFile } from "./inputs.ts";
import type { RecordedBenchmark } from "./recorded-benchmark.ts";

/**
 * Describes the differences between two benchmarks: first of their records and scenarios, then of their measures.
 * @param force Whether different conditions are no obstacle.
 * @throws if they have no common scheduler.
 */
export function comparisonText(
  before: RecordedBenchmark,
  after: RecordedBenchmark,
  { force = false }: { readonly force?: boolean } = {},
): string {
  const pairs = compareBenchmarks(before, after, { force });
  const changed = [...differences(before.run.record, after.run.record), ...scenarioDifferences(before, after)];
  const early = [before, after].filter(({ bench }) => bench.ended !== "complete");
  return [
    differenceTable([before.run.name, after.run.name], changed),
    "",
    columns([["SCHEDULER", "MEASURE", "BEFORE", "AFTER", "RATIO", "95 % INTERVAL", "P", "VERDICT"], ...pairs.map(row)]),
    ...early.map(({ run }) =>
      run.record.outcome === "running"
        ? `${run.name} still runs. It has what was measured until now.`
        : `${run.name} ended early. It has what was measured until then.`,
    ),
    "the repetitions have no common blocks: a slower machine counts as a slower scheduler",
  ].join("\n");
}

/**
 * Describes what differs between a record and the present state.
 * @param present Its fields that are known before a run.
 */
export function presentText(name: string, record: RunRecord, present: Partial<RunRecord>): string {
  const changed = differences(record, { ...record, ...present });
  return differenceTable([name, "now"], changed);
}

function differenceTable([first, second]: readonly [string, string], changed: readonly Difference[]): string {
  if (changed.length === 0) return "configuration, versions and image are the same";
  return columns([["", first, second], ...changed.map((each) => [each.field, shown(each.first), shown(each.second)])]);
}

/** Keys of the scenario, and its files, that differ. */
function scenarioDifferences(before: RecordedBenchmark, after: RecordedBenchmark): readonly Difference[] {
  return [
    ...fieldDifferences("scenario.", withoutPlaces(before.scenario), withoutPlaces(after.scenario)),
    ...fieldDifferences("inputs/", digestsOf(before), digestsOf(after)),
  ];
}

/** A program with a SHA-256 is the same wherever it was: below another path, or at a URL. */
function withoutPlaces(scenario: ScenarioDocument): ScenarioDocument {
  const schedulers = scenario.schedulers.map((scheduler) => {
    const { binary, ...rest } = scheduler;
    return binary === undefined || rest.sha256 === undefined ? scheduler : rest;
  });
  return { ...scenario, schedulers };
}

function fieldDifferences(prefix: string, before: object, after: object): readonly Difference[] {
  const [one, other] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...one.keys(), ...other.keys()])]
    .map((key) => ({ field: `${prefix}${key}`, first: one.get(key) as unknown, second: other.get(key) as unknown }))
    .filter(({ first, second }) => JSON.stringify(first) !== JSON.stringify(second));
}

/** The scenario itself is compared by its keys. */
function digestsOf({ contents }: RecordedBenchmark): Readonly<Record<string, string>> {
  const files = Object.entries(contents.files).filter(([name]) => name !== scenarioFile);
  return Object.fromEntries(files.map(([name, digest]) => [name, shortDigest(digest)]));
}

function row({ scheduler, measure, verdict, ...pair }: BenchmarkPair): readonly string[] {
  const [earlier, later] = pair.counts;
  return [
    scheduler,
    measure,
    `${number(pair.before)} (${earlier})`,
    `${number(pair.after)} (${later})`,
    pair.ratio?.toFixed(3) ?? "-",
    pair.interval?.map((edge) => edge.toFixed(3)).join(" to ") ?? "-",
    pair.p?.toFixed(3) ?? "-",
    verdict.text,
  ];
}

function number(value: number | undefined): string {
  return value === undefined ? "-" : String(Number(value.toPrecision(5)));
}

/** Longest value in the table. A workload has hundreds of characters. */
const longest = 60;

function shown(value: unknown): string {
  if (value === undefined) return "-";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}
