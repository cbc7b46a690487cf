import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  generatorScenario,
  threeScenario,
  upstreamCases,
  upstreamScenario,
  verdictScenario,
} from "../../../bench/reference/scenarios.ts";
import { readScenario } from "../../../cli/bench/scenario/read-scenario.ts";

/** Reads a scenario as bench/reference/in-namespace.ts does. */
function read(document: Readonly<Record<string, unknown>>) {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-reference-"));
  try {
    const path = join(folder, "reference.yaml");
    writeFileSync(path, JSON.stringify(document));
    return readScenario(path)[0];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("scenarios of the reference benchmark", () => {
  it("measure what scheduler_perf measures, once and at its pace", () => {
    expect(read(upstreamScenario())).toMatchObject({
      workload: { name: "SchedulingBasic/500Nodes", params: { measurePods: 3000 } },
      ...{ arrival: "burst", repetitions: 1, warmups: 0, nodes: { real: "exclude", pods: "bind" } },
      common: { qps: 5000, burst: 5000, featureGates: {} },
    });
  });

  it("give scheduler_perf the same pods, and none of its other workloads", () => {
    const params = { initNodes: 500, measurePods: 1000 };
    const workloads = [{ name: "5Nodes" }, { name: "500Nodes", featureGates: {}, params }];
    const cases = [
      { name: "Other", workloads },
      { name: "SchedulingBasic", workloads },
    ];
    expect(upstreamCases(cases)).toEqual([
      {
        name: "SchedulingBasic",
        workloads: [{ name: "500Nodes", featureGates: {}, params: { initNodes: 500, measurePods: 3000 } }],
      },
    ]);
    expect(() => upstreamCases([{ name: "SchedulingBasic", workloads: [{ name: "5Nodes" }] }])).toThrow(
      "scheduler_perf has no workload SchedulingBasic/500Nodes",
    );
    expect(() => upstreamCases([])).toThrow("scheduler_perf has no workload");
  });

  it("measure the generator with more pods", () => {
    expect(read(generatorScenario(10_000))).toMatchObject({ workload: { params: { measurePods: 10_000 } } });
  });

  it("compare three schedulers on 1,000 nodes", () => {
    const scenario = read(threeScenario(6, "/bin/example"));
    expect(scenario).toMatchObject({
      workload: { params: { initNodes: 1000, measurePods: 1000 } },
      repetitions: 6,
      compare: { baseline: "default", metrics: ["throughput", "packing", "cpuSecondsPerThousandPods"] },
    });
    expect(scenario?.schedulers.map(({ name, binary }) => [name, binary])).toEqual([
      ["default", undefined],
      ["most-allocated", undefined],
      ["example", "/bin/example"],
    ]);
  });

  it.each([
    ["same", /\/example\/configuration\.yaml$/],
    ["slower", /\/example\/delayed\.yaml$/],
  ] as const)("compare a program with itself, where the other one is %s", (other, file) => {
    const scenario = read(verdictScenario(other, 6, "/bin/example"));
    expect(scenario).toMatchObject({
      ...{ repetitions: 6, warmups: 3 },
      arrival: "backlog",
      compare: { baseline: "example", equivalence: 0.1 },
    });
    expect(scenario?.schedulers.map(({ name, binary }) => [name, binary])).toEqual([
      ["example", "/bin/example"],
      [other, "/bin/example"],
    ]);
    expect(scenario?.schedulers[0]?.configuration).toMatch(/\/example\/configuration\.yaml$/);
    expect(scenario?.schedulers[1]?.configuration).toMatch(file);
  });
});
