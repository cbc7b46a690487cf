import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Lab } from "../lab.ts";

/** The part of bench.json that the cases read. */
interface BenchJson {
  readonly repetitions: readonly { readonly scheduler: string; readonly warmup: boolean; readonly void?: string }[];
}

/** Few repetitions, because an emulated one takes 40 seconds. */
const short = ["demo", "--yes", "--set", "warmups=0", "--set", "workload.params.measurePods=60"];

/** Objects of a benchmark that the cluster has, and the states of its two units of a scheduler. */
async function leftOn(lab: Lab) {
  const [{ address } = { address: "" }] = (await lab.nodes()).filter(({ role }) => role === "control-plane");
  const nodes = await lab.kubectl("get", "nodes", "-l", "nodeforge.local/simulated=bench", "-o", "name");
  const pods = await lab.kubectl("get", "pods", "-A", "-l", "nodeforge.local/bench", "-o", "name");
  const states = await lab.ssh(
    address,
    "systemctl is-active kube-scheduler nodeforge-bench-scheduler | tr '\\n' ' '; true",
  );
  return { nodes: nodes.split("\n").filter(Boolean).length, pods: pods.split("\n").filter(Boolean).length, states };
}

const clean = { nodes: 0, pods: 0, states: "active inactive " };

/** Benchmarks two schedulers on a cluster with kwok. */
export function benchmark(lab: Lab): void {
  describe("npm run bench", () => {
    it("measures two schedulers, records the result, and leaves the cluster as it was", async () => {
      const bench = await lab.nodeforge("bench", [...short, "--set", "repetitions=2"], 15);
      expect(bench.exitCode, bench.all).toBe(0);
      const folder = /this run is recorded in (\S+)/.exec(bench.all)?.[1] ?? "";
      const { repetitions } = JSON.parse(readFileSync(join(folder, "bench.json"), "utf8")) as BenchJson;
      expect(repetitions).toHaveLength(4);
      // A rule may void a repetition on a busy machine. Each scheduler has two.
      const counted = repetitions.filter((repetition) => repetition.void === undefined);
      expect([...new Set(counted.map(({ scheduler }) => scheduler))].sort()).toEqual(["default", "most-allocated"]);
      expect(readFileSync(join(folder, "bench.html"), "utf8")).toContain("<svg");
      const benchstat = readFileSync(join(folder, "benchstat.txt"), "utf8");
      expect(benchstat.split("\n").filter((line) => line.startsWith("Benchmark"))).toHaveLength(counted.length);
      expect(await leftOn(lab)).toEqual(clean);
    });
  });
}

/** Kills a benchmark on a cluster with kwok. */
export function killedBenchmark(lab: Lab): void {
  describe("npm run bench that is killed", () => {
    it("leaves a scheduler, and the next one cleans up", async () => {
      await lab.killed("bench", [...short, "--set", "repetitions=6"], /repetition 1 of/, 15);
      const next = await lab.nodeforge("bench", [...short, "--set", "repetitions=1"], 15);
      expect(next.exitCode, next.all).toBe(0);
      expect(await leftOn(lab)).toEqual(clean);
    });
  });
}
