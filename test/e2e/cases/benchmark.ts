import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { kindsScenario } from "../kinds-scenario.ts";
import type { Lab } from "../lab.ts";

/** The part of bench.json that the cases read. */
interface BenchJson {
  readonly repetitions: readonly {
    readonly scheduler: string;
    readonly warmup: boolean;
    readonly void?: string;
    readonly pods: number;
    readonly bound: number;
    /** Number of nodes that pods could go to. */
    readonly nodes: number;
  }[];
  readonly notes: readonly string[];
}

/** Few repetitions, because an emulated one takes 40 seconds. */
const short = ["demo", "--yes", "--set", "warmups=0", "--set", "workload.params.measurePods=60"];

/** Folder of the record that a benchmark has named, and its bench.json. */
export function recordOf(printed: string) {
  const folder = /this run is recorded in (\S+)/.exec(printed)?.[1] ?? "";
  return { folder, bench: JSON.parse(readFileSync(join(folder, "bench.json"), "utf8")) as BenchJson };
}

async function controlPlaneOf(lab: Lab): Promise<string> {
  return (await lab.nodes()).find(({ role }) => role === "control-plane")?.address ?? "";
}

/** Objects of a benchmark that the cluster has, and the states of its two units of a scheduler and of kwok. */
async function leftOn(lab: Lab) {
  const nodes = await lab.kubectl("get", "nodes", "-l", "nodeforge.local/simulated=bench", "-o", "name");
  const pods = await lab.kubectl("get", "pods", "-A", "-l", "nodeforge.local/bench", "-o", "name");
  const states = await lab.ssh(
    await controlPlaneOf(lab),
    "systemctl is-active kube-scheduler nodeforge-bench-scheduler kwok | tr '\\n' ' '; true",
  );
  return { nodes: nodes.split("\n").filter(Boolean).length, pods: pods.split("\n").filter(Boolean).length, states };
}

/** Waits until a copied program is the scheduler, and checks the restrictions of its process. */
async function seesSandbox(lab: Lab, limitMinutes: number): Promise<void> {
  const address = await controlPlaneOf(lab);
  const unit = "nodeforge-bench-scheduler";
  const process = `/proc/$(systemctl show --property MainPID --value ${unit})`;
  const lines = String.raw`s/^(CapEff|CapBnd|NoNewPrivs|Seccomp):\s*//p`;
  // A unit that is active has its restrictions.
  const command = `systemctl is-active --quiet ${unit} && readlink ${process}/exe && sed -nE '${lines}' ${process}/status`;
  let found = "";
  await lab.eventually("a scheduler with a program of its own", limitMinutes, async () => {
    found = await lab.ssh(address, command);
    expect(found).toMatch(/^\/var\/lib\/nodeforge\/bench\/[0-9a-f]{64}\/scheduler$/m);
  });
  expect(found.split("\n").slice(1)).toEqual(["0000000000000000", "0000000000000000", "1", "2"]);
}

/** A cluster after a benchmark. @param kwok State of its unit. */
const clean = (kwok: "active" | "inactive") => ({ nodes: 0, pods: 0, states: `active inactive ${kwok} ` });

/** Benchmarks two schedulers. @param kwok State of its unit without a benchmark, which the stack's simulated nodes decide. */
export function benchmark(lab: Lab, kwok: "active" | "inactive"): void {
  describe("npm run bench", () => {
    it("measures two schedulers, records the result, and leaves the cluster as it was", async () => {
      const bench = await lab.nodeforge("bench", [...short, "--set", "repetitions=2"], 15);
      expect(bench.exitCode, bench.all).toBe(0);
      const {
        folder,
        bench: { repetitions },
      } = recordOf(bench.all);
      expect(repetitions).toHaveLength(4);
      // A rule may void a repetition on a busy machine. Each scheduler has two.
      const counted = repetitions.filter((repetition) => repetition.void === undefined);
      expect([...new Set(counted.map(({ scheduler }) => scheduler))].sort()).toEqual(["default", "most-allocated"]);
      expect(readFileSync(join(folder, "bench.html"), "utf8")).toContain("<svg");
      const benchstat = readFileSync(join(folder, "benchstat.txt"), "utf8");
      expect(benchstat.split("\n").filter((line) => line.startsWith("Benchmark"))).toHaveLength(counted.length);
      expect(await leftOn(lab)).toEqual(clean(kwok));
    });
  });
}

/** Benchmarks one scheduler of each kind on a cluster with kwok. */
export function everyKind(lab: Lab): void {
  const kinds = ["binary", "configuration", "local", "manifests"];
  const pods = 40;

  describe("npm run bench with every kind of scheduler", () => {
    it("schedules all pods with each, the program in a sandbox, and records each with its log and its metrics", async () => {
      const scenario = await kindsScenario(lab.folder, pods);
      const [bench] = await Promise.all([lab.nodeforge("bench", [scenario, "--yes"], 40), seesSandbox(lab, 40)]);
      expect(bench.exitCode, bench.all).toBe(0);
      const { folder, bench: found } = recordOf(bench.all);
      const summaries = found.repetitions.map(({ scheduler, pods, bound, void: reason }) => [
        ...[scheduler, pods, bound, reason],
      ]);
      expect(summaries.sort()).toEqual(kinds.map((kind) => [kind, pods, pods, undefined]));
      for (const kind of kinds) {
        const logs = readdirSync(join(folder, "logs")).filter((name) => name.endsWith(`-${kind}.log`));
        expect(logs).toHaveLength(1);
        expect(readFileSync(join(folder, "logs", logs[0] ?? ""), "utf8")).toMatch(/\S/);
        const scrapes = readdirSync(join(folder, "metrics")).filter((name) => name.includes(`-${kind}-`));
        expect(scrapes).toContainEqual(expect.stringMatching(/-after-kube-scheduler\.prom\.gz$/));
      }
      const places = found.notes.filter((note) => note.startsWith("The comparison of "));
      expect(places.map((note) => note.split(" ")[3]).sort()).toEqual(["local", "manifests"]);
    });

    it("gives the cluster its own scheduler back, and leaves nothing of the others", async () => {
      expect(await leftOn(lab)).toEqual(clean("active"));
      const selector = ["-l", "nodeforge.local/bench-scheduler", "-o", "name"];
      expect(await lab.kubectl("get", "clusterrolebindings", ...selector)).toBe("");
      expect(await lab.kubectl("get", "rolebindings", "-n", "kube-system", ...selector)).toBe("");
      await lab.eventually("the scheduler's namespace to be gone", 5, async () => {
        expect(await lab.kubectl("get", "namespaces", ...selector)).toBe("");
      });
      const files = "ctr --namespace k8s.io images ls --quiet; ls -d /var/lib/nodeforge/bench 2>/dev/null; true";
      const left = await lab.ssh(await controlPlaneOf(lab), files);
      expect(left).toContain("nodeforge.local/smoke:1");
      expect(left).not.toMatch(/bench/);
      const local = await execa("pgrep", ["--full", "kube-scheduler --config="], { reject: false });
      expect([local.exitCode, local.stdout]).toEqual([1, ""]);
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
      expect(await leftOn(lab)).toEqual(clean("active"));
    });
  });
}
