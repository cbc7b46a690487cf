import type { PodTimes } from "../run/repetition.ts";

/**
 * Returns the milliseconds from the API server's answer to the bind, of each bound pod.
 *
 * The watch can show a bind before the answer arrives: that counts as 0. In a backlog the wait for the scheduler is part of it.
 */
export function bindLatencies(pods: readonly PodTimes[]): readonly number[] {
  return pods.flatMap((pod) => (pod.bound === undefined ? [] : [Math.max(0, pod.bound - pod.acknowledged)]));
}

/** Returns the milliseconds from the bind to Running, of each pod that has both times. One event may show both: 0. */
export function startupLatencies(pods: readonly PodTimes[]): readonly number[] {
  return pods.flatMap((pod) =>
    pod.bound === undefined || pod.running === undefined ? [] : [Math.max(0, pod.running - pod.bound)],
  );
}
