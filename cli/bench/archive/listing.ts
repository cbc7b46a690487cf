import { readdirSync } from "node:fs";
import { join } from "node:path";
import { columns } from "../../../lib/table.ts";
import { countedRepetitions } from "../export/benchmark-data.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import type { RecordedBenchmark } from "./recorded-benchmark.ts";

/**
 * Returns a table of benchmarks and, below it, one of the shipped scenarios.
 * @param folder Folder of the shipped scenarios.
 */
export function benchmarkListing(benchmarks: readonly RecordedBenchmark[], folder: string): string {
  const recorded =
    benchmarks.length === 0
      ? "no benchmark is recorded yet; `npm run bench -- demo` records the first"
      : columns([["RUN", "SCENARIO", "SCHEDULERS", "COUNTED", "OUTCOME", "VERDICT"], ...benchmarks.map(row)]);
  return [recorded, "", columns([["SCENARIO", "DESCRIPTION"], ...shippedScenarios(folder)])].join("\n");
}

function row({ run, bench }: RecordedBenchmark): readonly string[] {
  return [
    run.name,
    bench.name,
    bench.schedulers.map(({ name }) => name).join(", "),
    String(countedRepetitions(bench).length),
    run.record.outcome,
    // The longest cell is last, so that the others stay in view.
    bench.pairs[0]?.verdict.text ?? "-",
  ];
}

function shippedScenarios(folder: string): readonly (readonly string[])[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return files.toSorted().map((file) => [file.replace(/\.yaml$/, ""), descriptionOf(join(folder, file))]);
}

/** One wrong scenario must not hide the others. */
function descriptionOf(path: string): string {
  try {
    return readScenario(path)[0]?.description.trim().replace(/\s+/g, " ") ?? "";
  } catch {
    return "wrong: `npm run bench -- NAME --dry-run` names the problem";
  }
}
