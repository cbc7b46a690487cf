import type { MeasureKind } from "./measures.ts";

/** Topology keys whose skew is always measured, by the end of the measure's name. */
export const TOPOLOGY_KEYS: Readonly<Record<string, string>> = {
  zone: "topology.kubernetes.io/zone",
  hostname: "kubernetes.io/hostname",
};

/** Every measure that a repetition can have, in the order of a report. */
export const measureKinds: readonly MeasureKind[] = [
  higher("throughput", "Throughput, first to last bind", "pods/s"),
  higher("throughput.average", "Throughput, mean of the one-second samples", "pods/s"),
  higher("throughput.p50", "Throughput, median second", "pods/s"),
  higher("throughput.p90", "Throughput, 90th percentile of the seconds", "pods/s"),
  higher("throughput.p95", "Throughput, 95th percentile of the seconds", "pods/s"),
  higher("throughput.p99", "Throughput, 99th percentile of the seconds", "pods/s"),
  lower("makespan", "First created (backlog: last created) to last bind", "s"),
  lower("latency.p50", "Created to bound, median", "ms"),
  lower("latency.p90", "Created to bound, 90th percentile", "ms"),
  lower("latency.p95", "Created to bound, 95th percentile", "ms"),
  lower("latency.p99", "Created to bound, 99th percentile", "ms"),
  lower("latency.max", "Created to bound, slowest pod", "ms"),
  lower("startup.p50", "Bound to Running, median", "ms"),
  lower("startup.p99", "Bound to Running, 99th percentile", "ms"),
  lower("attemptsPerPod", "Scheduling attempts per scheduled pod", "attempts"),
  lower("attemptSeconds.scheduled", "Mean attempt that found a node", "s"),
  lower("attemptSeconds.unschedulable", "Mean attempt that found no node", "s"),
  lower("attemptSeconds.error", "Mean attempt that failed", "s"),
  lower("unschedulableAttempts", "Attempts that found no node", "attempts"),
  lower("unschedulablePods", "Pods without a node at the end", "pods"),
  neither("preemptionAttempts", "Preemption attempts", "attempts"),
  lower("preemptionVictims", "Victims of preemption", "pods"),
  lower("packing", "Nodes used / lower bound", "ratio"),
  neither("balance.mean", "Dominant share of a node, mean", "share"),
  higher("balance.jain", "Jain index of the dominant shares", "index"),
  lower("fragmentation.cpu", "Free CPU that the pods cannot use", "share"),
  lower("fragmentation.memory", "Free memory that the pods cannot use", "share"),
  lower("fragmentation.extended", "Free extended resource that the pods cannot use, worst one", "share"),
  neither("sameNode", "Pods with the same node as in the repetition before", "share"),
  lower("skew.zone", "Pods of the fullest minus the emptiest zone", "pods"),
  lower("skew.hostname", "Pods of the fullest minus the emptiest host", "pods"),
  lower("gang.p50", "First to last member of a gang, median", "ms"),
  lower("gang.p99", "First to last member of a gang, 99th percentile", "ms"),
  lower("gang.halfBound", "Gangs with some members bound", "gangs"),
  lower("cpuSecondsPerThousandPods", "CPU of the scheduler per 1000 pods", "s"),
  lower("apiServerCpuSeconds", "CPU of the API server in the window", "s"),
  lower("etcdCpuSeconds", "CPU of etcd in the window", "s"),
  lower("memoryPeak", "Peak memory of the scheduler", "bytes"),
  lower("apiRequestsPerPod", "Requests to the API server per bound pod", "requests"),
  lower("endedWatches", "Watches of pods and nodes that the API server ended", "watches"),
  lower("etcdFsync.p99", "Fsync of etcd's log, 99th percentile", "s"),
  lower("rateLimiterSeconds", "Wait in the scheduler's client limit, summed over requests", "s"),
];

function higher(name: string, title: string, unit: string): MeasureKind {
  return { name, title, unit, better: "higher" };
}

function lower(name: string, title: string, unit: string): MeasureKind {
  return { name, title, unit, better: "lower" };
}

function neither(name: string, title: string, unit: string): MeasureKind {
  return { name, title, unit, better: "neither" };
}
