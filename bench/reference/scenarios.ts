import { inCheckout } from "../../lib/checkout.ts";

/** Document of a scenario, as in a scenario file. */
type Document = Readonly<Record<string, unknown>>;

/** Test case and workload that both sides run. */
export const workloadName = "SchedulingBasic/500Nodes";

const workload = { from: "scheduler_perf", file: "upstream:misc/performance-config.yaml", name: workloadName };

/** One repetition, with pods that arrive as scheduler_perf creates them: while the scheduler runs, as fast as possible. */
export function upstreamScenario(): Document {
  return { workload, arrival: "burst", schedulers: [{ name: "default" }], repetitions: 1, warmups: 0 };
}

/** One repetition with many pods, for the generator's own needs. */
export function generatorScenario(pods: number): Document {
  const many = { ...workload, params: { measurePods: pods } };
  return { ...upstreamScenario(), workload: many, repetitionMinutes: 30 };
}

/** The default scheduler twice, under two names. */
export function sameScenario(repetitions: number): Document {
  return { workload, schedulers: [{ name: "a" }, { name: "also-a" }], repetitions };
}

/** Three schedulers on 1,000 nodes: the default, another configuration of it, and the example. */
export function threeScenario(repetitions: number, binary: string): Document {
  const configuration = (...name: readonly string[]) => inCheckout("benchmarks", "schedulers", ...name);
  return {
    workload: { ...workload, params: { initNodes: 1000, measurePods: 1000 } },
    schedulers: [
      { name: "default" },
      { name: "most-allocated", configuration: configuration("most-allocated.yaml") },
      { name: "example", binary, configuration: configuration("example", "configuration.yaml") },
    ],
    repetitions,
    compare: { baseline: "default", metrics: ["throughput", "packing", "cpuSecondsPerThousandPods"] },
  };
}

/** The example scheduler without and with a wait of 5 ms for each pod. @param binary Absolute path of the example scheduler. */
export function slowerScenario(repetitions: number, binary: string): Document {
  const configuration = (name: string) => inCheckout("benchmarks", "schedulers", "example", name);
  return {
    workload,
    schedulers: [
      { name: "example", binary, configuration: configuration("configuration.yaml") },
      { name: "delayed", binary, configuration: configuration("delayed.yaml") },
    ],
    repetitions,
  };
}
