import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readWorkload } from "../../../../cli/bench/workload/read-workload.ts";
import { cachedUpstreamFolder } from "../../../../cli/bench/workload/upstream.ts";

/** Undefined without Go, too. */
const folder = await cachedUpstreamFolder().catch(() => undefined);

interface TestCase {
  readonly name: string;
  readonly workloads: readonly { readonly name: string }[];
}

describe.skipIf(folder === undefined)("the workloads of the Kubernetes version", () => {
  it("decodes each one, or refuses it with the reason", async () => {
    const reasons = new Map<string, number>();
    const decoded: string[] = [];
    let total = 0;
    for (const file of globSync("**/performance-config.yaml", { cwd: folder ?? "" }).sort()) {
      const testCases = parse(readFileSync(join(folder ?? "", file), "utf8")) as readonly TestCase[];
      for (const { name: testCase, workloads } of testCases) {
        for (const { name: workload } of workloads) {
          total += 1;
          const name = `${testCase}/${workload}`;
          const source = { from: "scheduler_perf", file: join(folder ?? "", file), name, params: {} } as const;
          const result = await readWorkload(source, "/nowhere").catch((error: unknown) => error as Error);
          if (!(result instanceof Error)) {
            decoded.push(name);
            expect(result.operations.length).toBeGreaterThan(0);
            continue;
          }
          const lines = result.message.split("\n").filter((line) => line.startsWith("  "));
          expect(lines.length, result.message).toBeGreaterThan(0);
          for (const line of lines) {
            expect(line, name).toMatch(/refused: |no operation uses numNodeDeclaredFeatures/);
            const reason = line.replace(/^ +(operation \d+ \((\w+)\)|[\w ]+)(\.\w+)*: /, "$2 ");
            reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
          }
        }
      }
    }
    const counts = [...reasons].map(([reason, count]) => `${String(count).padStart(4)} ${reason}`);
    console.log(`${decoded.length} of ${total} workloads decode; reasons against the others:\n${counts.join("\n")}`);
    expect(decoded).toContain("SchedulingBasic/5000Nodes_10000Pods_QueueingHintsEnabled");
    expect(decoded).toContain("SchedulingBasic/500Nodes");
    const withVolumes = ["SchedulingInTreePVs", "SchedulingMigratedInTreePVs", "SchedulingCSIPVs"];
    for (const name of withVolumes) expect(decoded).toContain(`${name}/500Nodes`);
    expect(decoded).toContain("PreemptionPVs/1000Nodes_QueueingHintsEnabled");
    expect(decoded).toContain("EventHandlingPodDelete/50Nodes_500Pods");
    expect(decoded.length).toBeGreaterThan(100);
  }, 120_000);

  it("reads a file that begins with upstream:", async () => {
    const name = "SchedulingBasic/500Nodes";
    const source = { from: "scheduler_perf", file: "upstream:misc/performance-config.yaml", name } as const;
    const { operations, inputs } = await readWorkload({ ...source, params: { measurePods: 7 } }, "/nowhere");
    const sizes = operations.map((operation) => (operation.opcode === "createPods" ? operation.pods.count : undefined));
    expect(sizes).toEqual([undefined, 500, 7]);
    expect(inputs.map((input) => input.name)).toEqual(["performance-config.yaml", "../templates/pod-default.yaml"]);
  });
});
