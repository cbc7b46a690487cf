import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchFile, RecordedBenchmark } from "../../../../cli/bench/archive/recorded-benchmark.ts";
import { completeDocument, type ScenarioDocument } from "../../../../cli/bench/archive/complete-document.ts";
import { measureKinds } from "../../../../cli/bench/metrics/measure-kinds.ts";
import type { RunRecord } from "../../../../cli/runs/record.ts";
import { exampleData } from "../export/example-data.ts";

/** A record of a benchmark that succeeded. */
export function exampleRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    formatVersion: 1,
    command: "bench",
    arguments: ["demo"],
    stack: "dev",
    cluster: "dev",
    process: "1",
    outcome: "succeeded",
    exitCode: 0,
    start: "2026-01-01T00:00:00.000Z",
    end: "2026-01-01T00:10:00.000Z",
    seconds: 600,
    notes: [],
    configuration: { masterVcpus: 4 },
    git: { revision: "a".repeat(40), dirty: false },
    image: { location: null, sha256: "b".repeat(64), manifest: null },
    versions: {
      ...{ nodeforge: "1.0.0", node: "24.0.0", pulumi: "3.0.0", kubernetes: "1.36.3", libvirt: null, qemu: null },
      ...{ packages: {}, plugins: {} },
    },
    hypervisor: { uri: "qemu:///system", domainType: "kvm" },
    machine: { processor: "Example 9000", processors: 8, memoryMiB: 16384, architecture: "x64", kernel: "6.12.0" },
    changes: null,
    nodes: [],
    timings: { hypervisor: null, nodes: [] } as unknown as RunRecord["timings"],
    logs: [],
    ...changes,
  };
}

/** Changes of {@link exampleBenchmark}. */
export interface BenchmarkChanges {
  readonly record?: Partial<RunRecord>;
  readonly bench?: Partial<BenchFile>;
  readonly scenario?: Partial<ScenarioDocument>;
  readonly files?: Readonly<Record<string, string>>;
}

/** A benchmark of `base` and `mine` in memory. @param throughput Counted values of each scheduler. */
export function exampleBenchmark(
  name: string,
  throughput: Readonly<Record<string, readonly number[]>>,
  changes: BenchmarkChanges = {},
): RecordedBenchmark {
  const repetitions = Object.entries(throughput).flatMap(([scheduler, values]) =>
    values.map((value) => ({
      ...{ scheduler, warmup: false, nodesDigest: "nodes" },
      measures: { throughput: value, "latency.p99": 1000 / value },
    })),
  );
  const bench: BenchFile = {
    ...{ name: "basic", ended: "complete", kinds: measureKinds, repetitions, pairs: [] },
    schedulers: Object.keys(throughput).map((scheduler) => ({ name: scheduler, limit: "scheduler" })),
    ...changes.bench,
  };
  return {
    run: { name, folder: `/runs/${name}`, record: exampleRecord(changes.record) },
    bench,
    scenario: { ...completeDocument(exampleData().scenario), ...changes.scenario },
    contents: { formatVersion: 1, name: "basic", kubernetes: "1.36.3", files: changes.files ?? {} },
  };
}

/** Writes the record of a run into its folder. */
export async function writeExampleRecord(folder: string, changes: Partial<RunRecord> = {}): Promise<void> {
  await writeFile(join(folder, "record.json"), JSON.stringify(exampleRecord(changes)));
}
