import type { UsageSample } from "./usage.ts";

/**
 * Smallest part of a window that samples must cover.
 *
 * The rest of a window is a guess from the covered part. With less than half, most of it would be a guess.
 */
const LEAST_COVERED = 0.5;

/**
 * Returns the CPU seconds that a component used in a window.
 *
 * It is the difference of the last sample at or before the start and the first one at or after the end. The control plane
 * has little to do between a sample and the edge, so nothing is cut off. Where samples cover a part of the window, that part
 * is scaled to all of it. A sample without the component counts as 0: a paused scheduler has no cgroup. The result is
 * undefined without the component, with less than half covered, and where the total went down (it started again).
 *
 * @param component E.g. `kube-scheduler`.
 * @param window Milliseconds on the clock of the repetition.
 */
export function cpuSecondsIn(
  samples: readonly UsageSample[],
  component: string,
  window: { readonly start: number; readonly end: number },
): number | undefined {
  if (!samples.some((sample) => sample.cpuSeconds[component] !== undefined)) return undefined;
  const points = samples
    .map((sample) => ({ at: sample.at, total: sample.cpuSeconds[component] ?? 0 }))
    .sort((a, b) => a.at - b.at);
  const from = Math.max(
    0,
    points.findLastIndex(({ at }) => at <= window.start),
  );
  const end = points.findIndex(({ at }) => at >= window.end);
  const taken = points.slice(from, end < 0 ? undefined : end + 1);
  const [first, last] = [taken[0], taken.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (taken.some(({ total }, index) => total < (taken[index - 1]?.total ?? 0))) return undefined;
  const length = window.end - window.start;
  const covered = Math.min(last.at, window.end) - Math.max(first.at, window.start);
  if (length <= 0 || covered < length * LEAST_COVERED) return undefined;
  return ((last.total - first.total) * length) / covered;
}
