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

/**
 * The example scheduler against another one of the same program.
 * @param other `same` has the same configuration, `slower` waits 5 ms for each pod.
 * @param binary Absolute path of the example scheduler.
 */
export function verdictScenario(other: "same" | "slower", repetitions: number, binary: string): Document {
  const scheduler = (name: string, file: string) => ({
    ...{ name, binary },
    configuration: inCheckout("benchmarks", "schedulers", "example", file),
  });
  const files = { same: "configuration.yaml", slower: "delayed.yaml" };
  return {
    workload,
    schedulers: [scheduler("example", files.same), scheduler(other, files[other])],
    repetitions,
    // The API server ends watches until load has made its watch cache larger (`suggestedWatchChannelSize`, k8s.io/apiserver).
    warmups: 3,
    // A verdict of "same within 3 %" would take about two hundred repetitions (docs/performance.md).
    compare: { equivalence: 0.1 },
  };
}
