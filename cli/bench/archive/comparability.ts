import { isDeepStrictEqual } from "node:util";
import type { BenchFile, RecordedBenchmark } from "./recorded-benchmark.ts";

/** Returns why the numbers of two benchmarks say nothing about their schedulers: a sentence for each difference, or none. */
export function incomparabilities(before: RecordedBenchmark, after: RecordedBenchmark): readonly string[] {
  const [first, second] = [before.run.record, after.run.record];
  type Condition = readonly [what: string, before: string | number | null, after: string | number | null];
  const conditions: readonly Condition[] = [
    ["processor model", first.machine.processor, second.machine.processor],
    ["domain type", first.hypervisor?.domainType ?? null, second.hypervisor?.domainType ?? null],
    ["image", first.image.sha256, second.image.sha256],
    ["kind of nodes", before.scenario.nodes.real, after.scenario.nodes.real],
    ["common.qps", before.scenario.common.qps, after.scenario.common.qps],
    ["common.burst", before.scenario.common.burst, after.scenario.common.burst],
  ];
  return [
    ...conditions
      .filter(([, one, other]) => one !== other)
      .map(([what, one, other]) => `the ${what} was ${one ?? "unknown"}, then ${other ?? "unknown"}`),
    ...(haveSameNodes(before, after) ? [] : ["the simulated nodes differ"]),
  ];
}

/** Real nodes are new with each cluster, so their names and labels say nothing. */
function haveSameNodes(before: RecordedBenchmark, after: RecordedBenchmark): boolean {
  if (before.scenario.nodes.real === "only" || after.scenario.nodes.real === "only") return true;
  const [first, second] = [nodesOf(before.bench), nodesOf(after.bench)];
  if (first.length > 0 && second.length > 0) return isDeepStrictEqual(first, second);
  return isDeepStrictEqual(before.scenario.workload, after.scenario.workload);
}

function nodesOf({ repetitions }: BenchFile): readonly string[] {
  const digests = repetitions.flatMap((repetition) =>
    repetition.void === undefined ? (repetition.nodesDigest ?? []) : [],
  );
  return [...new Set(digests)].toSorted();
}
