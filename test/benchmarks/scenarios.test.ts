import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { containerImage } from "../../addons/container-images.ts";
import { measureKinds } from "../../cli/bench/metrics/measure-kinds.ts";
import { readScenario } from "../../cli/bench/scenario/read-scenario.ts";
import type { Scenario } from "../../cli/bench/scenario/scenario.ts";
import type { Operation } from "../../cli/bench/workload/operation.ts";
import { readWorkload } from "../../cli/bench/workload/read-workload.ts";
import { cachedUpstreamFolder } from "../../cli/bench/workload/upstream.ts";
import { inCheckout } from "../../lib/checkout.ts";

const folder = inCheckout("benchmarks");
const files = globSync("*.yaml", { cwd: folder }).sort();

/** Whether the machine has scheduler_perf's files. A unit test downloads nothing. */
const hasUpstream = (await cachedUpstreamFolder().catch(() => undefined)) !== undefined;

function scenarioOf(file: string): Scenario {
  const scenarios = readScenario(join(folder, file));
  expect(scenarios).toHaveLength(1);
  return scenarios[0]!;
}

/** Numbers of the nodes and of the measured pods that the operations create. */
function sizeOf(operations: readonly Operation[]): { readonly nodes: number; readonly measured: number } {
  let nodes = 0;
  let measured = 0;
  for (const operation of operations) {
    if (operation.opcode === "createNodes") nodes += operation.count;
    if (operation.opcode === "createPods" && operation.collectMetrics) measured += operation.pods.count;
    if (operation.opcode === "createPodSets" && operation.collectMetrics) {
      measured += operation.sets.reduce((sum, { count }) => sum + count, 0);
    }
    if (operation.opcode === "replay") measured += operation.events.filter(({ create }) => create !== undefined).length;
  }
  return { nodes, measured };
}

const sizes: Readonly<Record<string, { readonly nodes: number; readonly measured: number }>> = {
  "affinity.yaml": { nodes: 500, measured: 1000 },
  "anti-affinity.yaml": { nodes: 500, measured: 400 },
  "basic-1000.yaml": { nodes: 1000, measured: 2000 },
  "basic-500.yaml": { nodes: 500, measured: 1000 },
  "basic-5000.yaml": { nodes: 5000, measured: 1000 },
  "bin-packing.yaml": { nodes: 100, measured: 1000 },
  "daemonset.yaml": { nodes: 500, measured: 2000 },
  "demo.yaml": { nodes: 10, measured: 30 },
  "extended-resources.yaml": { nodes: 100, measured: 100 },
  "gang.yaml": { nodes: 100, measured: 400 },
  "mixed-churn.yaml": { nodes: 1000, measured: 1000 },
  "preemption.yaml": { nodes: 100, measured: 100 },
  "real-pods.yaml": { nodes: 0, measured: 10 },
  "spread.yaml": { nodes: 500, measured: 1000 },
  "trace.yaml": { nodes: 20, measured: 120 },
  "unschedulable.yaml": { nodes: 500, measured: 1000 },
};

it("the table of sizes names every shipped scenario, and no other", () => {
  expect(files).toEqual(Object.keys(sizes));
});

describe.each(files)("benchmarks/%s", (file) => {
  const text = readFileSync(join(folder, file), "utf8");
  const source = parse(text) as { workload: { from: string } };

  it("says its purpose in its first line", () => {
    expect(text).toMatch(/^# Purpose: .+\.\n/);
  });

  it("compares schedulers whose configurations exist", () => {
    const scenario = scenarioOf(file);
    expect(scenario.name).toBe(file.replace(".yaml", ""));
    expect(scenario.schedulers.length).toBeGreaterThan(1);
    expect(scenario.schedulers.map(({ name }) => name)).toContain(scenario.compare.baseline);
    const missing = scenario.schedulers
      .flatMap(({ configuration }) => (configuration === undefined ? [] : [configuration]))
      .filter((path) => !existsSync(resolve(folder, path)));
    expect(missing).toEqual([]);
  });

  it("compares measures that exist", () => {
    const known = measureKinds.map(({ name }) => name);
    const { metrics } = scenarioOf(file).compare;
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.skipIf(source.workload.from === "scheduler_perf" && !hasUpstream)(
    "has a workload of the stated size",
    async () => {
      const { operations } = await readWorkload(scenarioOf(file).workload, folder);
      expect(sizeOf(operations)).toEqual(sizes[file]);
    },
  );
});

describe("the shipped configurations", () => {
  const configurations = globSync(["schedulers/*.yaml", "schedulers/example/*.yaml"], { cwd: folder }).sort();

  it.each(configurations)(
    "%s is of the version that Kubernetes reads, and leaves the client to the benchmark",
    (path) => {
      const value = parse(readFileSync(join(folder, path), "utf8")) as Record<string, unknown>;
      expect(value).toMatchObject({
        apiVersion: "kubescheduler.config.k8s.io/v1",
        kind: "KubeSchedulerConfiguration",
      });
      expect(value).not.toHaveProperty("clientConnection");
    },
  );

  it("are all used by a scenario or by the example", () => {
    const used = new Set(
      files.flatMap((file) =>
        scenarioOf(file).schedulers.map(({ configuration }) => resolve(folder, configuration ?? "")),
      ),
    );
    const unused = configurations.filter(
      (path) => dirname(path) !== "schedulers/example" && !used.has(resolve(folder, path)),
    );
    expect(configurations).toHaveLength(8);
    expect(unused).toEqual([]);
  });
});

describe("the shipped templates", () => {
  it("are all used by a scenario", () => {
    const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
    const templates = globSync("templates/*.yaml", { cwd: folder });
    expect(templates).toHaveLength(13);
    expect(templates.filter((path) => !text.includes(path))).toEqual([]);
  });

  it("name the image of every node for the pods that run", () => {
    const pod = parse(readFileSync(join(folder, "templates", "pod-real.yaml"), "utf8")) as {
      spec: { containers: { image: string; imagePullPolicy: string }[] };
    };
    expect(pod.spec.containers.map(({ image }) => image)).toEqual([containerImage("smoke")]);
    expect(pod.spec.containers.map(({ imagePullPolicy }) => imagePullPolicy)).toEqual(["Never"]);
  });
});
