import type { Repetition } from "../run/repetition.ts";
import type { Pace } from "../scenario/scenario.ts";
import { generatorLimit } from "./generator-limit.ts";
import { histogramChange, quantileOf } from "./histogram.ts";
import type { Limit } from "./measures.ts";
import { cpuSecondsIn } from "./processor-time.ts";
import { rateLimiterSeconds } from "./rate-limiter.ts";
import { scrapesOf } from "./scrapes.ts";
import { counterChange, rareChange, type LabelFilter } from "./series.ts";

/**
 * Wait in the scheduler's client limit, as a share of the window.
 *
 * A limit above the need costs about 1 microsecond per request: 0.002 s in 4 s with 600 pods (0.05 %). The default limit
 * costs more than 100 times the window, because binds wait at the same time. 1 % lies far from both.
 */
const CLIENT_LIMIT_SHARE = 0.01;

/**
 * Wait in the queues of API priority and fairness, as a share of the window.
 *
 * A request that gets its place at once waits for microseconds. The share is that of the client limit for the same reason.
 */
const FLOW_CONTROL_SHARE = 0.01;

/** Share of the processors above which they are full. The kernel and other programs need the rest. */
const FULL_PROCESSORS = 0.9;

/**
 * 99th percentile of the fsync of etcd's log, in seconds.
 *
 * etcd's documentation wants less than 10 ms. etcd writes several requests with one fsync, so 10 ms alone does not limit
 * the throughput. At 25 ms a bind, which waits for its fsync, takes longer than most scheduling attempts.
 */
const SLOW_FSYNC = 0.025;

/**
 * Requests that flow control takes as the scheduler's: FlowSchema `kube-scheduler` of every API server has its user.
 *
 * In a backlog the generator's requests end before the scheduler starts, so their wait does not limit it.
 */
const SCHEDULER_ONLY: LabelFilter = { flow_schema: "kube-scheduler" };

const API_SERVER = "kube-apiserver";

/**
 * Returns what limited the throughput of a repetition, with the figure that shows it.
 *
 * The first rule that holds decides. The first ones are: no bound pod or a missing figure (`unknown`), and the generator, a trace
 * or the wanted rate (`workload`). Then come the scheduler's client limit, the API server and etcd. Else it is the scheduler.
 *
 * @param processors Of the control plane. Without them the API server's processors are not looked at.
 */
export function limitOf(repetition: Repetition, pace: Pace, processors?: number): Limit {
  const { window, pods } = repetition;
  const seconds = (window.end - window.start) / 1000;
  if (!pods.some((pod) => pod.bound !== undefined)) {
    return { by: "unknown", evidence: `None of ${pods.length} pods was bound.` };
  }
  if (!(seconds > 0)) return { by: "unknown", evidence: `The window has ${seconds} s.` };
  const rules = [
    () => generatorLimit(pods, pace),
    () => clientLimit(repetition, seconds),
    () => flowControlLimit(repetition, seconds, pace === "backlog" ? SCHEDULER_ONLY : {}),
    () => processorLimit(repetition, seconds, processors),
    () => etcdLimit(repetition),
  ];
  const missing: string[] = [];
  for (const rule of rules) {
    const limit = rule();
    if (typeof limit === "string") missing.push(limit);
    else if (limit !== undefined) return limit;
  }
  // A limit without a figure must not become a claim about the scheduler.
  if (missing.length > 0) return { by: "unknown", evidence: `A figure is missing: ${missing.join("; ")}.` };
  return { by: "scheduler", evidence: `No other limit was reached: ${schedulerEvidence(repetition, seconds)}.` };
}

function clientLimit(repetition: Repetition, seconds: number): Limit | string | undefined {
  const scrapes = scrapesOf(repetition, "kube-scheduler");
  if (scrapes.pair === undefined) return scrapes.reason;
  const waited = rateLimiterSeconds(scrapes.pair);
  if (waited === undefined) return "the scheduler has no rest_client_rate_limiter_duration_seconds";
  if (waited <= seconds * CLIENT_LIMIT_SHARE) return undefined;
  return {
    by: "client limit",
    evidence: `The scheduler's requests waited ${round(waited)} s in its own client limit, ${percent(waited / seconds)} of the window of ${round(seconds)} s.`,
  };
}

function flowControlLimit(repetition: Repetition, seconds: number, filter: LabelFilter): Limit | string | undefined {
  const scrapes = scrapesOf(repetition, API_SERVER);
  if (scrapes.pair === undefined) return scrapes.reason;
  const waited = counterChange(scrapes.pair, "apiserver_flowcontrol_request_wait_duration_seconds_sum", filter);
  if (waited === undefined) return "the API server has no apiserver_flowcontrol_request_wait_duration_seconds";
  const name = "apiserver_flowcontrol_rejected_requests_total";
  const all = rareChange(scrapes.pair, name, filter);
  if (all === undefined) return `the API server's ${name} went down`;
  // A client that gives up is no sign of a full queue.
  const rejected = all - (counterChange(scrapes.pair, name, { ...filter, reason: "cancelled" }) ?? 0);
  if (rejected > 0) {
    // `maxRetryAfter`, k8s.io/apiserver 0.36.3
    const evidence = `The API server's flow control rejected ${rejected} requests, each for 1 to 32 s.`;
    return { by: "API server", evidence };
  }
  if (waited <= seconds * FLOW_CONTROL_SHARE) return undefined;
  return {
    by: "API server",
    evidence: `Requests waited ${round(waited)} s in the API server's flow control, ${percent(waited / seconds)} of the window of ${round(seconds)} s.`,
  };
}

function processorLimit(repetition: Repetition, seconds: number, processors: number | undefined): Limit | undefined {
  if (processors === undefined) return undefined;
  const { usage, window } = repetition;
  const components = new Set(usage.flatMap((sample) => Object.keys(sample.cpuSeconds)));
  const used = [...components].map((component) => cpuSecondsIn(usage, component, window) ?? 0);
  const total = used.reduce((sum, value) => sum + value, 0);
  const apiServer = cpuSecondsIn(usage, API_SERVER, window) ?? 0;
  // The programs share the processors. The API server is the limit where they are full and it takes the largest part.
  if (total < seconds * processors * FULL_PROCESSORS || apiServer < Math.max(...used)) return undefined;
  return {
    by: "API server",
    evidence: `The control plane used ${percent(total / (seconds * processors))} of its ${processors} processors, the API server most of it: ${round(apiServer)} s of CPU in ${round(seconds)} s.`,
  };
}

function etcdLimit(repetition: Repetition): Limit | string | undefined {
  const fsync = fsyncOf(repetition);
  if (typeof fsync === "string" || fsync <= SLOW_FSYNC) return typeof fsync === "string" ? fsync : undefined;
  return {
    by: "etcd",
    evidence: `The 99th percentile of the fsync of etcd's log was ${round(fsync * 1000)} ms, above ${SLOW_FSYNC * 1000} ms.`,
  };
}

/** Returns the 99th percentile in seconds, or the reason why there is none. */
function fsyncOf(repetition: Repetition): number | string {
  const scrapes = scrapesOf(repetition, "etcd");
  if (scrapes.pair === undefined) return scrapes.reason;
  const histogram = histogramChange(scrapes.pair, "etcd_disk_wal_fsync_duration_seconds");
  if (histogram === undefined) return "etcd has no etcd_disk_wal_fsync_duration_seconds";
  return quantileOf(histogram, 0.99) ?? 0;
}

function schedulerEvidence(repetition: Repetition, seconds: number): string {
  const scrapes = scrapesOf(repetition, "kube-scheduler");
  const waited = (scrapes.pair === undefined ? undefined : rateLimiterSeconds(scrapes.pair)) ?? 0;
  const fsync = fsyncOf(repetition);
  const used = cpuSecondsIn(repetition.usage, "kube-scheduler", repetition.window);
  const figures = [
    `client limit ${percent(waited / seconds)} of the window`,
    `etcd's fsync ${typeof fsync === "string" ? "unknown" : `${round(fsync * 1000)} ms`}`,
    ...(used === undefined ? [] : [`the scheduler used ${round(used / seconds)} processors`]),
  ];
  return figures.join(", ");
}

function percent(share: number): string {
  return `${round(share * 100)} %`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
