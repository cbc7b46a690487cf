import { balanceOf } from "../quality/balance.ts";
import { fragmentationOf } from "../quality/fragmentation.ts";
import { gangBindingOf, type GangOf } from "../quality/gang.ts";
import { packingOf } from "../quality/packing.ts";
import { skewOf } from "../quality/skew.ts";
import type { Repetition } from "../run/repetition.ts";
import { endedWatches } from "./ended-watches.ts";
import { histogramChange, meanOf, quantileOf } from "./histogram.ts";
import { bindLatencies, startupLatencies } from "./latency.ts";
import { TOPOLOGY_KEYS } from "./measure-kinds.ts";
import type { Measures } from "./measures.ts";
import { percentileOf } from "./percentile.ts";
import { cpuSecondsIn } from "./processor-time.ts";
import { rateLimiterSeconds } from "./rate-limiter.ts";
import { scrapesOf } from "./scrapes.ts";
import { counterChange } from "./series.ts";
import { makespanOf, sampledThroughputOf, throughputOf, throughputSamples } from "./throughput.ts";

export { measureKinds } from "./measure-kinds.ts";

/** Choices of {@link measuresOf}. */
interface MeasureOptions {
  /** Gives a pod's gang. @default no gangs, so no measures `gang.*` */
  readonly gangOf?: GangOf;
}

/** Resources that are no extended ones. */
const BASIC: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

/** Values by measure, where a measure may have none. */
type Values = Readonly<Record<string, number | undefined>>;

/**
 * Returns all measures of a repetition; `measureKinds` has their units.
 *
 * A measure without a value is absent: `startup.p50` where no pod ran, for example. `etcdFsync.p99` is absent where etcd has no
 * scrape or a wrong one, or started again in between.
 */
export function measuresOf(repetition: Repetition, options: MeasureOptions = {}): Measures {
  const values: Values = {
    ...speedValues(repetition),
    ...schedulerValues(repetition),
    ...qualityValues(repetition, options),
    ...costValues(repetition),
  };
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
}

function speedValues({ pods, window }: Repetition): Values {
  const sampled = sampledThroughputOf(throughputSamples(pods, window));
  const latencies = bindLatencies(pods);
  const startups = startupLatencies(pods);
  return {
    throughput: throughputOf(pods),
    "throughput.average": sampled?.average,
    "throughput.p50": sampled?.p50,
    "throughput.p90": sampled?.p90,
    "throughput.p95": sampled?.p95,
    "throughput.p99": sampled?.p99,
    makespan: makespanOf(pods, window),
    "latency.p50": percentileOf(latencies, 50),
    "latency.p90": percentileOf(latencies, 90),
    "latency.p95": percentileOf(latencies, 95),
    "latency.p99": percentileOf(latencies, 99),
    "latency.max": percentileOf(latencies, 100),
    "startup.p50": percentileOf(startups, 50),
    "startup.p99": percentileOf(startups, 99),
    unschedulablePods: pods.filter((pod) => pod.bound === undefined && pod.deleted === undefined).length,
  };
}

function schedulerValues(repetition: Repetition): Values {
  const { pair } = scrapesOf(repetition, "kube-scheduler");
  if (pair === undefined) return {};
  const attempts = histogramChange(pair, "scheduler_pod_scheduling_attempts");
  const secondsOf = (result: string): number | undefined => {
    const seconds = histogramChange(pair, "scheduler_scheduling_attempt_duration_seconds", { result });
    return seconds === undefined ? undefined : meanOf(seconds);
  };
  return {
    attemptsPerPod: attempts === undefined ? undefined : meanOf(attempts),
    "attemptSeconds.scheduled": secondsOf("scheduled"),
    "attemptSeconds.unschedulable": secondsOf("unschedulable"),
    "attemptSeconds.error": secondsOf("error"),
    unschedulableAttempts: counterChange(pair, "scheduler_schedule_attempts_total", { result: "unschedulable" }),
    preemptionAttempts: counterChange(pair, "scheduler_preemption_attempts_total"),
    preemptionVictims: histogramChange(pair, "scheduler_preemption_victims")?.sum,
    rateLimiterSeconds: rateLimiterSeconds(pair),
  };
}

function qualityValues({ pods, unmeasured, nodes }: Repetition, { gangOf }: MeasureOptions): Values {
  const all = [...pods, ...unmeasured];
  const balance = balanceOf(all, nodes);
  const fragmentation = fragmentationOf(pods, nodes, unmeasured);
  const extended = Object.entries(fragmentation).flatMap(([name, share]) => (BASIC.has(name) ? [] : [share]));
  const gangs = gangOf === undefined ? undefined : gangBindingOf(pods, gangOf);
  return {
    packing: packingOf(all, nodes),
    "balance.mean": balance?.mean,
    "balance.jain": balance?.jain,
    "fragmentation.cpu": fragmentation["cpu"],
    "fragmentation.memory": fragmentation["memory"],
    "fragmentation.extended": percentileOf(extended, 100),
    ...Object.fromEntries(
      Object.entries(TOPOLOGY_KEYS).map(([name, key]) => [`skew.${name}`, skewOf(pods, nodes, key)]),
    ),
    "gang.p50": percentileOf(gangs?.spreads ?? [], 50),
    "gang.p99": percentileOf(gangs?.spreads ?? [], 99),
    "gang.halfBound": gangs?.halfBound,
  };
}

function costValues(repetition: Repetition): Values {
  const { pods, usage, window } = repetition;
  const bound = pods.filter((pod) => pod.bound !== undefined).length;
  const cpu = cpuSecondsIn(usage, "kube-scheduler", window);
  const peaks = usage.flatMap((sample) => sample.memoryPeak["kube-scheduler"] ?? []);
  const { pair: api } = scrapesOf(repetition, "kube-apiserver");
  const { pair: etcd } = scrapesOf(repetition, "etcd");
  const requests = api === undefined ? undefined : counterChange(api, "apiserver_request_total");
  const fsync = etcd === undefined ? undefined : histogramChange(etcd, "etcd_disk_wal_fsync_duration_seconds");
  return {
    cpuSecondsPerThousandPods: cpu === undefined || bound === 0 ? undefined : (cpu * 1000) / bound,
    apiServerCpuSeconds: cpuSecondsIn(usage, "kube-apiserver", window),
    etcdCpuSeconds: cpuSecondsIn(usage, "etcd", window),
    memoryPeak: percentileOf(peaks, 100),
    apiRequestsPerPod: requests === undefined || bound === 0 ? undefined : requests / bound,
    endedWatches: api === undefined ? undefined : endedWatches(api),
    "etcdFsync.p99": fsync === undefined ? undefined : quantileOf(fsync, 0.99),
  };
}
