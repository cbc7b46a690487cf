import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordedInputs } from "../../../../cli/bench/archive/inputs.ts";
import { benchmarkListing } from "../../../../cli/bench/archive/listing.ts";
import { recordedBenchmarks } from "../../../../cli/bench/archive/recorded-benchmark.ts";
import { writeBenchmark, writeInputs } from "../../../../cli/bench/export/write-benchmark.ts";
import { listRuns } from "../../../../cli/runs/archive.ts";
import { inCheckout } from "../../../../lib/checkout.ts";
import { exampleData } from "../export/example-data.ts";
import { writeExampleRecord } from "./records.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nodeforge-archive-"));
});
afterEach(() => rm(root, { recursive: true }));

async function addRun(name: string, changes: Parameters<typeof writeExampleRecord>[1] = {}, hasResults = true) {
  const folder = join(root, name);
  await mkdir(folder);
  await writeExampleRecord(folder, changes);
  const data = exampleData();
  const workload = { name: "w", operations: [], inputs: [], featureGates: {} };
  const inputs = recordedInputs({ scenario: data.scenario, workload, contestants: [] }, "1.36.3");
  if (!hasResults) return;
  await writeInputs(folder, inputs);
  await writeBenchmark(folder, data, inputs);
}

describe("the list of benchmarks", () => {
  it("has the benchmarks with results, and no other runs", async () => {
    await addRun("1-dev");
    await addRun("2-dev", { command: "up" }, false);
    await addRun("3-dev", { outcome: "interrupted" }, false);
    await addRun("4-dev", { outcome: "interrupted" });
    await mkdir(join(root, "5-dev"));
    const benchmarks = await recordedBenchmarks(await listRuns(root));
    expect(benchmarks.map(({ run }) => run.name)).toEqual(["1-dev", "4-dev"]);
    const lines = benchmarkListing(benchmarks, inCheckout("benchmarks")).split("\n");
    expect(lines[1]).toMatch(/^1-dev +basic +base, mine +12 +succeeded +faster by 22\.7 % \(21\.4 to 24\.1\)$/);
    expect(lines[2]).toMatch(/^4-dev .* interrupted /);
    expect(lines[3]).toBe("");
  });

  it("has the shipped scenarios with their descriptions, also beside a wrong one", async () => {
    expect(benchmarkListing([], inCheckout("benchmarks"))).toMatch(/\ndemo +Does MostAllocated change speed/);
    await writeFile(join(root, "wrong.yaml"), "workload: 1\n");
    await writeFile(join(root, "notes.txt"), "");
    const lines = benchmarkListing([], root).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toContain("no benchmark is recorded yet");
    expect(lines[3]).toMatch(/^wrong +wrong: `npm run bench/);
  });
});
