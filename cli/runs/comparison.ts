import type { ReadableRun } from "./archive.ts";
import { phaseTable } from "./phases.ts";
import type { RunRecord } from "./record.ts";
import { columns } from "../../lib/table.ts";

/** A field that two runs have differently; undefined where one has none. */
export interface Difference {
  readonly field: string;
  readonly first: unknown;
  readonly second: unknown;
}

/** Seconds of one phase in two runs. */
export interface TimingPair {
  readonly what: string;
  readonly first: number | undefined;
  readonly second: number | undefined;
}

/** What may explain that two runs took different times: what was run, on what, with what. */
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

/** The fields that differ, in the record's order. */
export function differences(first: RunRecord, second: RunRecord): readonly Difference[] {
  return compared
    .flatMap((key) => sideBySide(leaves(key, first[key]), leaves(key, second[key])))
    .map(({ what, ...values }) => ({ field: what, ...values }))
    .filter(({ first, second }) => JSON.stringify(first) !== JSON.stringify(second));
}

/** The whole run's and every phase's seconds, side by side. */
export function timingPairs(first: RunRecord, second: RunRecord): readonly TimingPair[] {
  return sideBySide(timingsOf(first), timingsOf(second));
}

function timingsOf({ seconds, timings }: RunRecord): readonly Named<number>[] {
  const phases = phaseTable(timings).map(({ node, phase, seconds }): Named<number> => [`${node} ${phase}`, seconds]);
  return seconds === null ? phases : [["the whole run", seconds], ...phases];
}

/** A value and what it is of. */
type Named<T> = readonly [string, T];

/** What both have, or one of them, in the order of the first. */
function sideBySide<T>(first: readonly Named<T>[], second: readonly Named<T>[]) {
  const [one, other] = [new Map(first), new Map(second)];
  return [...new Set([...one.keys(), ...other.keys()])].map((what) => ({
    what,
    first: one.get(what),
    second: other.get(what),
  }));
}

/** Two runs compared, as text for a terminal. */
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

/** The second in terms of the first: 2.00 took twice as long. */
function ratio(first: number | undefined, second: number | undefined): string {
  return first === undefined || second === undefined || first === 0 ? "-" : (second / first).toFixed(2);
}

/** Paths to what is not an object, such as `versions.node`. */
function leaves(path: string, value: unknown): readonly Named<unknown>[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, part]) => leaves(`${path}.${key}`, part));
}

function show(value: unknown): string {
  if (value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
