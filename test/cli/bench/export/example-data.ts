import type { BenchmarkData, MeasuredRepetition } from "../../../../cli/bench/export/benchmark-data.ts";

/** Two schedulers, `base` and `mine`, with six counted repetitions each, one warm-up and one void repetition. */
export function exampleData(changes: Partial<BenchmarkData> = {}): BenchmarkData {
  const counted = Array.from({ length: 12 }, (_, index) =>
    exampleRepetition({
      number: index + 2,
      block: 1 + Math.floor(index / 2),
      scheduler: index % 2 === 0 ? "base" : "mine",
    }),
  );
  return {
    scenario: {
      name: "basic",
      description: "A backlog of small pods.",
      workload: {
        from: "scheduler_perf",
        file: "performance-config.yaml",
        name: "SchedulingBasic/500Nodes",
        params: {},
      },
      nodes: { real: "exclude", pods: "bind" },
      arrival: "backlog",
      schedulers: [{ name: "base" }, { name: "mine", configuration: "mine.yaml" }],
      common: { qps: 5000, burst: 5000, verbosity: 2, featureGates: {} },
      repetitions: 6,
      warmups: 1,
      order: "interleaved",
      seed: 1,
      repetitionMinutes: 10,
      compare: { baseline: "base", metrics: ["throughput"], equivalence: 0.03 },
      thresholds: [],
      document: { schedulers: { base: {}, mine: {} } },
    },
    repetitions: [
      exampleRepetition({ number: 1, block: 0, scheduler: "base", warmup: true }),
      ...counted,
      exampleRepetition({ number: 14, block: 7, scheduler: "base", void: "the scheduler restarted" }),
    ],
    kinds: [
      { name: "throughput", title: "throughput", unit: "pods/s", better: "higher" },
      { name: "throughput.average", title: "throughput, mean second", unit: "pods/s", better: "higher" },
      { name: "throughput.p50", title: "throughput, median second", unit: "pods/s", better: "higher" },
      { name: "latency.p99", title: "latency, 99th percentile", unit: "ms", better: "lower" },
      { name: "nodesUsed", title: "nodes used", unit: "nodes", better: "neither" },
    ],
    result: {
      schedulers: [
        {
          name: "base",
          measures: { throughput: { count: 6, median: 100, interval: [98, 103], minimum: 98, maximum: 103 } },
          limit: "scheduler",
        },
        {
          name: "mine",
          measures: { throughput: { count: 3, median: 1250.4, minimum: 1, maximum: 2000 } },
          limit: "scheduler",
        },
      ],
      pairs: [
        {
          scheduler: "mine",
          baseline: "base",
          measure: "throughput",
          ratio: 1.227,
          interval: [1.214, 1.241],
          p: 0.03,
          blocks: 6,
          verdict: { kind: "better", text: "faster by 22.7 % (21.4 to 24.1)" },
        },
      ],
    },
    surroundings: { kernel: "6.12.1" },
    notes: ["The machine was busy."],
    ended: "complete",
    ...changes,
  };
}

/** Four pods: bound after 1 s, 2 s, 2 s and never, on the first of two nodes; four samples of usage. */
export function exampleRepetition(changes: Partial<MeasuredRepetition> = {}): MeasuredRepetition {
  const pod = (index: number, bound?: number) => ({
    name: `pod-${index}`,
    namespace: "namespace-1",
    created: 100,
    acknowledged: 110,
    ...(bound === undefined ? {} : { bound, node: "node-0" }),
    priority: 0,
    requests: { cpu: 1, memory: 1024 },
  });
  const allocatable = { cpu: 4, memory: 8192, pods: 110 };
  return {
    number: 1,
    block: 0,
    scheduler: "base",
    warmup: false,
    window: { start: 1000, end: 3500 },
    pods: [pod(0, 1110), pod(1, 2110), pod(2, 2210), pod(3)],
    unmeasured: [],
    nodes: [
      { name: "node-0", allocatable, labels: {} },
      { name: "node-1", allocatable, labels: {} },
    ],
    scrapes: [
      { component: "etcd", when: "before", text: "etcd_size 1\n" },
      { component: "etcd", when: "after", text: "etcd_size 2\n" },
    ],
    usage: [0, 1, 2, 3].map((second) => ({
      at: 1000 * second,
      cpuSeconds: { "kube-scheduler": second * 0.5, "kube-apiserver": second, etcd: 0 },
      memoryPeak: {},
      steal: 0,
    })),
    seconds: 5,
    journal: "Starting scheduler\n",
    measures: { throughput: 100, "throughput.average": 95, "throughput.p50": 90, "latency.p99": 1234.5678 },
    limit: { by: "scheduler", evidence: "its CPU was at 98 %" },
    ...changes,
  };
}
