import type { MeasuredRepetition } from "./export/benchmark-data.ts";
import { limitOf } from "./metrics/limit.ts";
import { measuresOf } from "./metrics/measure-repetition.ts";
import { sameNodeShare } from "./quality/determinism.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import type { Repetition } from "./run/repetition.ts";
import { paceOf } from "./scenario/scenario.ts";

/**
 * Computes the measures of a repetition.
 * @param earlier Repetitions before it. The last one of the same scheduler shows whether it places pods the same way again.
 * @param processors Processors of the control plane.
 */
export function measuredRepetition(
  repetition: Repetition,
  earlier: readonly MeasuredRepetition[],
  { scenario, workload }: Pick<PreparedScenario, "scenario" | "workload">,
  processors: number,
): MeasuredRepetition {
  const before = earlier.findLast((other) => other.scheduler === repetition.scheduler && other.void === undefined);
  const same = before && sameNodeShare(repetition.pods, before.pods);
  // The sets of a workload are its gangs, and each has a namespace of its own.
  const hasGangs = workload.operations.some(({ opcode }) => opcode === "createPodSets");
  const measures = measuresOf(repetition, hasGangs ? { gangOf: ({ namespace }) => namespace } : {});
  return {
    ...repetition,
    measures: { ...measures, ...(same === undefined ? {} : { sameNode: same }) },
    limit: limitOf(repetition, paceOf(scenario), processors),
  };
}
