import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleScheduler } from "../../bench/reference/example-scheduler.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { recordOf } from "./cases/benchmark.ts";
import { Lab } from "./lab.ts";

// Three schedulers on 1,000 simulated nodes beside real machines: the comparison of docs/benchmarking.md.
const lab = new Lab("e2e");
const schedulers = ["default", "example", "most-allocated"];
/** Six repetitions are the fewest with an interval. */
const [nodes, pods, repetitions] = [1000, 100, 6];

/** An emulated control plane answers 15 requests a second, so it learns late of 1,000 nodes, and of their leases. */
const patient = "{ node-monitor-grace-period: 30m, node-startup-grace-period: 30m }";

beforeAll(() => lab.makeKey());
afterAll(() => lab.remove());

describe("a comparison of three schedulers", () => {
  it("has a cluster of one worker and kwok", async () => {
    const settings = [
      "config:",
      "  nodeforge:workers: 1",
      "  nodeforge:simulatedNodes: [{ name: sim, count: 1 }]",
      `  nodeforge:controlPlaneArguments: { controllerManager: ${patient} }`,
    ];
    writeFileSync(lab.settingsFile, `${settings.join("\n")}\n`);
    const up = await lab.npm("up", 55);
    expect(up.exitCode, up.all).toBe(0);
    expect(await lab.readyNodes()).toEqual(["master", "sim-1", "worker-node-1"]);
  });

  it("measures each of them on all nodes, and gives verdicts", async () => {
    const bench = await lab.nodeforge("bench", [await scenario(), "--yes"], 110);
    expect(bench.exitCode, bench.all).toBe(0);
    checkRecord(bench.all);
  });

  it("is repeated from its record alone, and the two are compared", async () => {
    const repeated = await lab.nodeforge("bench", ["repeat", "latest", "--yes"], 110);
    expect(repeated.exitCode, repeated.all).toBe(0);
    checkRecord(repeated.all);
    const compared = await lab.nodeforge("bench", ["compare", "previous", "latest"], 5);
    expect(compared.exitCode, compared.all).toBe(0);
    console.log(compared.all);
  });
});

/** Checks that each scheduler bound every pod in each repetition, on all nodes, and that there is a report. */
function checkRecord(printed: string): void {
  console.log(printed);
  const { folder, bench } = recordOf(printed);
  const measured = bench.repetitions.filter(({ warmup }) => !warmup);
  const seen = measured.map(({ scheduler, bound, nodes: found }) => `${scheduler}: ${bound} pods on ${found} nodes`);
  const each = schedulers.map((name) => `${name}: ${pods} pods on ${nodes} nodes`);
  expect(seen.sort()).toEqual(each.flatMap((line) => Array.from({ length: repetitions }, () => line)));
  expect(readFileSync(join(folder, "bench.html"), "utf8")).toContain("<svg");
}

/** Writes the scenario. @returns its path. */
async function scenario(): Promise<string> {
  const configuration = (...path: string[]) => inCheckout("benchmarks", "schedulers", ...path);
  const example = { binary: await exampleScheduler(), configuration: configuration("example", "configuration.yaml") };
  const text = {
    workload: {
      from: "inline",
      testCase: {
        name: "Contestants",
        workloadTemplate: [
          { opcode: "createNodes", count: nodes },
          { opcode: "createPods", count: pods, collectMetrics: true },
        ],
        workloads: [{ name: "1000Nodes" }],
      },
    },
    schedulers: [
      { name: "default" },
      { name: "most-allocated", configuration: configuration("most-allocated.yaml") },
      { name: "example", ...example },
    ],
    repetitions,
    warmups: 1,
    compare: { baseline: "default", metrics: ["throughput", "packing"] },
  };
  const path = join(lab.folder, "contestants.yaml");
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(text));
  return path;
}
