import type { ReadableRun } from "./archive.ts";
import { phaseTable } from "./phases.ts";
import type { RunRecord } from "./record.ts";
import { columns } from "../../lib/table.ts";

/** A field whose values differ between two runs; undefined where a run does not have it. */
export interface Difference {
  readonly field: string;
  readonly first: unknown;
  readonly second: unknown;
}

/** Seconds of one phase in two runs; undefined where a run does not have it. */
export interface TimingPair {
  readonly what: string;
  readonly first: number | undefined;
  readonly second: number | undefined;
}

/** Fields of a record that may explain why two runs took different times. */
const compared = [
  "command",
  "arguments",
  "stack",
  "outcome",
  "git",
  "configuration",
  "image",
  "versions",
  "hypervisor",
  "machine",
  "changes",
] as const;

/** Lists the fields that differ, in the order of the record. */
export function differences(first: RunRecord, second: RunRecord): readonly Difference[] {
  return compared
    .flatMap((key) => sideBySide(leaves(key, first[key]), leaves(key, second[key])))
    .map(({ what, ...values }) => ({ field: what, ...values }))
    .filter(({ first, second }) => JSON.stringify(first) !== JSON.stringify(second));
}

/** Pairs the seconds of the whole run and of every phase. */
export function timingPairs(first: RunRecord, second: RunRecord): readonly TimingPair[] {
  return sideBySide(timingsOf(first), timingsOf(second));
}

function timingsOf({ seconds, timings }: RunRecord): readonly Named<number>[] {
  const phases = phaseTable(timings).map(({ node, phase, seconds }): Named<number> => [`${node} ${phase}`, seconds]);
  return seconds === null ? phases : [["the whole run", seconds], ...phases];
}

/** A name and its value. */
type Named<T> = readonly [string, T];

/** Pairs the values of two lists by name, in the order of the first. A value is undefined where a list does not have it. */
function sideBySide<T>(first: readonly Named<T>[], second: readonly Named<T>[]) {
  const [one, other] = [new Map(first), new Map(second)];
  return [...new Set([...one.keys(), ...other.keys()])].map((what) => ({
    what,
    first: one.get(what),
    second: other.get(what),
  }));
}

/** Describes the differences between two runs as text for a terminal. */
export function comparison(first: ReadableRun, second: ReadableRun): string {
  const changed = differences(first.record, second.record);
  const timings = timingPairs(first.record, second.record);
  return [
    columns([
      ["", first.name, second.name],
      ...changed.map(({ field, first, second }) => [field, show(first), show(second)]),
    ]),
    ...(changed.length === 0 ? ["configuration, versions and image are the same"] : []),
    "",
    columns([
      ["SECONDS", "FIRST", "SECOND", "RATIO"],
      ...timings.map(({ what, first, second }) => [what, show(first), show(second), ratio(first, second)]),
    ]),
  ].join("\n");
}

/** Seconds of the second run divided by those of the first: 2.00 took twice as long. */
function ratio(first: number | undefined, second: number | undefined): string {
  return first === undefined || second === undefined || first === 0 ? "-" : (second / first).toFixed(2);
}

/** Lists the paths of all values that are not objects, such as `versions.node`. */
function leaves(path: string, value: unknown): readonly Named<unknown>[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, part]) => leaves(`${path}.${key}`, part));
}

function show(value: unknown): string {
  if (value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
