import { inCheckout } from "../../lib/checkout.ts";

/** Document of a scenario, as in a scenario file. */
type Document = Readonly<Record<string, unknown>>;

/** Test case and workload that both sides run. */
export const workloadName = "SchedulingBasic/500Nodes";

/** Measured pods of that workload. The 1,000 of scheduler_perf last less than two seconds on a fast machine, and have no sample then. */
export const measurePods = 3_000;

const workload = { from: "scheduler_perf", file: "upstream:misc/performance-config.yaml", name: workloadName };

/** One repetition, with pods that arrive as scheduler_perf creates them: while the scheduler runs, as fast as possible. */
export function upstreamScenario(): Document {
  return {
    workload: { ...workload, params: { measurePods } },
    ...{ arrival: "burst", schedulers: [{ name: "default" }], repetitions: 1, warmups: 0 },
  };
}

/** A test case of scheduler_perf's file, as far as it is changed here. */
export interface TestCase {
  readonly name: string;
  readonly workloads: readonly { readonly name: string; readonly params?: Readonly<Record<string, unknown>> }[];
}

/** Returns the reference workload of scheduler_perf's test cases, with the pods of {@link upstreamScenario}. @throws without it */
export function upstreamCases(cases: readonly TestCase[]): readonly TestCase[] {
  const [caseName, name] = workloadName.split("/");
  const found = cases.find((each) => each.name === caseName);
  const own = found?.workloads.find((each) => each.name === name);
  if (found === undefined || own === undefined) throw new Error(`scheduler_perf has no workload ${workloadName}`);
  return [{ ...found, workloads: [{ ...own, params: { ...own.params, measurePods } }] }];
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
