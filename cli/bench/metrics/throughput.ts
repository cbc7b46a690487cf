import type { PodTimes, Repetition } from "../run/repetition.ts";
import { percentileOf } from "./percentile.ts";

/** Milliseconds between two samples, as in scheduler_perf. */
const SAMPLE_INTERVAL = 1000;

/** Statistics of the one-second samples, in pods/s. A high percentile is a good second. */
interface SampledThroughput {
  readonly average: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Returns the throughput in pods/s over the window from the first bind to the last one.
 *
 * N binds have N - 1 intervals between them. It is undefined for fewer than two binds or for binds at one time.
 */
export function throughputOf(pods: readonly PodTimes[]): number | undefined {
  const times = bindTimes(pods);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || last === first) return undefined;
  return ((times.length - 1) * 1000) / (last - first);
}

/**
 * Returns the samples of throughput in pods/s, as scheduler_perf's throughputCollector takes them.
 *
 * The pods with a node are counted each second from the window's start. The first count above 0 gives no sample.
 * An interval without a new pod is merged with the next one, and the merged sample counts once for each interval.
 * A pod that was deleted after its bind still counts. A window of less than two seconds has no sample.
 */
export function throughputSamples(pods: readonly PodTimes[], window: Repetition["window"]): readonly number[] {
  const times = bindTimes(pods);
  const samples: number[] = [];
  let counted = 0;
  let previous: number | undefined;
  let intervals = 1;
  for (let tick = window.start + SAMPLE_INTERVAL; tick <= window.end; tick += SAMPLE_INTERVAL) {
    while ((times[counted] ?? Infinity) <= tick) counted++;
    if (previous === undefined) {
      if (counted > 0) previous = counted;
    } else if (counted === previous) {
      intervals++;
    } else {
      const rate = ((counted - previous) * 1000) / (intervals * SAMPLE_INTERVAL);
      for (let index = 0; index < intervals; index++) samples.push(rate);
      previous = counted;
      intervals = 1;
    }
  }
  return samples;
}

/** Returns average and percentiles of {@link throughputSamples}; undefined without samples. */
export function sampledThroughputOf(samples: readonly number[]): SampledThroughput | undefined {
  if (samples.length === 0) return undefined;
  const percentile = (percent: number): number => percentileOf(samples, percent) ?? 0;
  return {
    average: samples.reduce((sum, sample) => sum + sample, 0) / samples.length,
    p50: percentile(50),
    p90: percentile(90),
    p95: percentile(95),
    p99: percentile(99),
  };
}

/**
 * Returns the seconds from the first creation in the window to the last bind; undefined without a bind.
 *
 * Where all pods were acknowledged before the first bind, it runs from the last acknowledgement. Such a backlog is there before
 * the scheduler starts, and the time to create it says nothing about the scheduler.
 */
export function makespanOf(pods: readonly PodTimes[], window: Repetition["window"]): number | undefined {
  const times = bindTimes(pods);
  const [firstBound, lastBound] = [times[0], times.at(-1)];
  if (firstBound === undefined || lastBound === undefined) return undefined;
  const firstCreated = pods.reduce((first, pod) => Math.min(first, pod.created), Infinity);
  const lastAcknowledged = pods.reduce((last, pod) => Math.max(last, pod.acknowledged), -Infinity);
  const start = lastAcknowledged <= firstBound ? lastAcknowledged : firstCreated;
  return (lastBound - Math.max(window.start, start)) / 1000;
}

function bindTimes(pods: readonly PodTimes[]): readonly number[] {
  return pods.flatMap((pod) => (pod.bound === undefined ? [] : [pod.bound])).sort((a, b) => a - b);
}
