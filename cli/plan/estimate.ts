import type { RunRecord } from "../runs/record.ts";
import type { NodeChange } from "./node-change.ts";

/** Fields of the record of a run that an estimate needs. */
export type TimedRun = Pick<RunRecord, "seconds" | "changes" | "nodes" | "timings">;

/** Settings that order the changes of nodes. */
export interface Pace {
  /** Workers that are replaced at a time. */
  readonly maxUnavailable: number;
  /** Workers that join at a time. */
  readonly joinWaveSize: number;
}

/** Estimated duration of a plan. */
export interface Estimate {
  /** Seconds without drains; undefined where no run has recorded the times that the plan needs. */
  readonly seconds: number | undefined;
  /** Number of runs with times. */
  readonly runs: number;
}

/** Phases of a worker that begin once its machine has booted. */
const joining = ["token", "join", "ready"];

/**
 * Estimates the duration of a plan from earlier runs: the medians of their phases. The control plane comes first, then workers
 * are replaced in batches, and new workers join in waves beside them. No run records the time of a drain.
 * @param runs Earlier runs of the stack, the oldest first.
 */
export function estimate(changes: readonly NodeChange[], runs: readonly TimedRun[], pace: Pace): Estimate {
  const phases = phasesByRole(runs);
  const master = sumOf(phases.get("control-plane"));
  const worker = sumOf(phases.get("worker"));
  const join = sumOf(phases.get("worker"), joining);
  const count = (wanted: NodeChange["change"], role: NodeChange["role"]) =>
    changes.filter(({ change, role: own }) => change === wanted && own === role).length;
  const repeated = median(runs.flatMap((run) => (repeatsOnly(run) && run.seconds !== null ? [run.seconds] : [])));
  const [replaced, added] = [count("replaced", "worker"), count("added", "worker")];
  const hasNewMaster = count("replaced", "control-plane") + count("added", "control-plane") > 0;
  const parts = [
    hasNewMaster ? master : 0,
    Math.max(
      times(Math.ceil(replaced / pace.maxUnavailable), worker),
      // The machines boot while the control plane is initialized.
      added === 0 ? 0 : (hasNewMaster ? 0 : minus(worker, join)) + times(Math.ceil(added / pace.joinWaveSize), join),
    ),
    count("rejoined", "worker") > 0 ? join : 0,
    count("booted", "worker") > 0 ? minus(worker, join) : 0,
    count("booted", "control-plane") > 0 ? master : 0,
    // Every run reads the state, checks the nodes and repeats steps.
    repeated ?? (changes.some(makesMachines) ? 0 : Number.NaN),
  ];
  const seconds = parts.reduce((sum, part) => sum + part, 0);
  return { seconds: Number.isNaN(seconds) ? undefined : seconds, runs: runs.filter(hasTimings).length };
}

/** Whether a change has phases of its own, beside which the steps of every run are short. */
function makesMachines({ change }: NodeChange): boolean {
  return change !== "removed" && change !== "updated";
}

function hasTimings({ timings }: TimedRun): boolean {
  return Object.values(timings).some((phases) => Object.keys(phases).length > 0);
}

/** Whether a run made no machine. Its whole time is the time of the steps that every run repeats. */
function repeatsOnly({ changes }: TimedRun): boolean {
  return changes !== null && changes.created + changes.replaced + changes.deleted === 0;
}

/** Lists the seconds of each phase, by role. A node that a run did not change repeats the times of an earlier run. */
function phasesByRole(runs: readonly TimedRun[]): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
  const roles = new Map<string, Map<string, number[]>>();
  const last = new Map<string, string>();
  for (const { nodes, timings } of runs) {
    for (const { name, role } of nodes) {
      const phases = timings[name] ?? {};
      const text = JSON.stringify(phases);
      if (last.get(name) === text) continue;
      last.set(name, text);
      const known = roles.get(role) ?? new Map<string, number[]>();
      for (const [phase, seconds] of Object.entries(phases)) known.set(phase, [...(known.get(phase) ?? []), seconds]);
      roles.set(role, known);
    }
  }
  return roles;
}

/** Sum of the medians of phases in seconds; NaN where none is recorded. */
function sumOf(phases: ReadonlyMap<string, readonly number[]> | undefined, only?: readonly string[]): number {
  const medians = [...(phases ?? [])].flatMap(([phase, seconds]) =>
    only === undefined || only.includes(phase) ? [median(seconds) ?? Number.NaN] : [],
  );
  return medians.length === 0 ? Number.NaN : medians.reduce((sum, seconds) => sum + seconds, 0);
}

/** Product that is 0 where nothing is repeated, also for an unknown time. */
function times(count: number, seconds: number): number {
  return count === 0 ? 0 : count * seconds;
}

/** Difference of two times; never negative, because medians are not of the same run. */
function minus(all: number, part: number): number {
  return Math.max(0, all - part);
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
