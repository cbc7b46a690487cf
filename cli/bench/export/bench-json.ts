import { nodesDigest } from "../run/bench-nodes.ts";
import { type BenchmarkData, type MeasuredRepetition, workloadName } from "./benchmark-data.ts";
import { repetitionFiles } from "./repetition-files.ts";
import { thresholdFailures } from "./thresholds.ts";

/**
 * Returns `bench.json`, format version 1.
 *
 * - `scenario`: the document after `--set`; `inputs/scenario.yaml` has every default as well. `workload`: its name.
 * - `ended`: `complete` or `interrupted`; `notes`; `surroundings`; `thresholdFailures`.
 * - `kinds`: name, title, unit and better direction of each measure.
 * - `repetitions`: in the order they ran, each with measures, limit, window in ms, counts of pods,
 *   `nodesDigest` (equal for equal nodes), and `files` with the raw data.
 * - `schedulers`: median, interval, minimum and maximum of each measure. `pairs`: ratio, interval, p and verdict.
 *
 * Pods, nodes, usage, scrapes and journals are in the files that each repetition names, because they are many times longer.
 * Readers ignore fields that they do not know.
 */
export function benchJson(data: BenchmarkData): string {
  const { scenario, ended, notes, surroundings, kinds, repetitions, result } = data;
  const content = {
    formatVersion: 1,
    name: scenario.name,
    workload: workloadName(scenario),
    scenario: scenario.document,
    compare: scenario.compare,
    ended,
    notes,
    surroundings,
    thresholdFailures: thresholdFailures(data),
    kinds,
    repetitions: repetitions.map(knownEntry),
    schedulers: result.schedulers,
    pairs: result.pairs,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Entries by their repetition. The file is written after each one, and the pods and nodes of all would take a second. */
const entries = new WeakMap<MeasuredRepetition, object>();

function knownEntry(repetition: MeasuredRepetition): object {
  const known = entries.get(repetition) ?? entry(repetition);
  entries.set(repetition, known);
  return known;
}

function entry(repetition: MeasuredRepetition): object {
  const { number, block, scheduler, warmup, window, seconds, measures, limit, pods, nodes } = repetition;
  return {
    number,
    block,
    scheduler,
    warmup,
    ...(repetition.void === undefined ? {} : { void: repetition.void }),
    window,
    seconds,
    measures,
    limit,
    pods: pods.length,
    bound: pods.filter(({ bound }) => bound !== undefined).length,
    nodes: nodes.length,
    nodesDigest: nodesDigest(nodes),
    files: repetitionFiles(repetition),
  };
}
