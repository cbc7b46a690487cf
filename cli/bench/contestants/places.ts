import type { MeasuredRepetition } from "../export/benchmark-data.ts";
import type { Contestant } from "./contestant.ts";

/** Where a scheduler runs, in words. */
function placeOf({ local, manifests }: Contestant): string {
  if (local !== undefined) return "the operator's machine";
  return manifests === undefined ? "the control plane" : "pods of the control plane";
}

/**
 * Returns a sentence for everything that makes the places of schedulers unequal. It is the network, a setting that the benchmark does
 * not set, or a cost that was not measured.
 * @param baseline Name of the scheduler that the others are compared with.
 */
export function placeNotes(
  contestants: readonly Contestant[],
  baseline: string,
  repetitions: readonly Pick<MeasuredRepetition, "scheduler" | "void" | "measures">[],
): readonly string[] {
  const base = contestants.find(({ name }) => name === baseline);
  return contestants.flatMap((contestant) => {
    const { name, local, manifests } = contestant;
    const [place, other] = [placeOf(contestant), base === undefined ? undefined : placeOf(base)];
    const counted = repetitions.filter((each) => each.scheduler === name && each.void === undefined);
    const isUnmeasured =
      counted.length > 0 && counted.every(({ measures }) => measures["cpuSecondsPerThousandPods"] === undefined);
    return [
      ...(local === undefined
        ? []
        : [`${name} ran on the operator's machine: each of its requests paid the network to the API server.`]),
      ...(local === undefined && manifests === undefined
        ? []
        : [`${name} has a log level and feature gates of its own, because the benchmark does not set its arguments.`]),
      ...(manifests === undefined || manifests.hasCommonLimits
        ? []
        : [`${name} has client limits of its own: its manifests have no KubeSchedulerConfiguration in a ConfigMap.`]),
      ...(isUnmeasured ? [`The processor time of ${name} was not measured.`] : []),
      ...(other === undefined || place === other || name === baseline
        ? []
        : [
            `The comparison of ${name} (${place}) with ${baseline} (${other}) includes the difference of these places.`,
          ]),
    ];
  });
}
