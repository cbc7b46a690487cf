import { describe, expect, it } from "vitest";
import { measureKinds, measuresOf } from "../../../../cli/bench/metrics/measure-repetition.ts";
import { controlPlane } from "./control-plane.ts";
import { node, pod, repetition, scrapes } from "./repetitions.ts";

const usage = (at: number, seconds: number, memory: number) => ({
  at,
  cpuSeconds: { "kube-scheduler": seconds, "kube-apiserver": seconds * 2, etcd: seconds * 3 },
  memoryPeak: { "kube-scheduler": memory, etcd: 1 },
  steal: 0,
});

const labels = (zone: string, name: string) => ({
  "topology.kubernetes.io/zone": zone,
  "kubernetes.io/hostname": name,
  rack: "r1",
});

const full = repetition({
  pods: [
    pod("g1-0", { bound: 500, running: 900, node: "a", requests: { cpu: 1, memory: 2, gpu: 1 } }),
    pod("g1-1", { bound: 1500, running: 2100, node: "a", requests: { cpu: 1, memory: 2, gpu: 1 } }),
    pod("g2-0", { bound: 2500, running: 3100, node: "b", requests: { cpu: 1, memory: 2, gpu: 1 } }),
    pod("g2-1", { requests: { cpu: 1, memory: 2, gpu: 1 } }),
  ],
  nodes: [
    node("a", { cpu: 4, memory: 8, gpu: 2, pods: 110 }, labels("z1", "a")),
    node("b", { cpu: 4, memory: 8, gpu: 2, pods: 110 }, labels("z2", "b")),
  ],
  scrapes: controlPlane({ rateLimiterSeconds: 0.5 }),
  usage: [usage(0, 1, 10), usage(10_000, 4, 30)],
});

describe("measuresOf", () => {
  it("computes every measure but one", () => {
    const measures = measuresOf(full, { gangOf: ({ name }) => name.split("-")[0] });
    expect(measures).toEqual({
      throughput: 1,
      ...{
        "throughput.average": 1,
        "throughput.p50": 1,
        "throughput.p90": 1,
        "throughput.p95": 1,
        "throughput.p99": 1,
      },
      makespan: 2.5,
      ...{ "latency.p50": 1500, "latency.p90": 2500, "latency.p95": 2500, "latency.p99": 2500, "latency.max": 2500 },
      ...{ "startup.p50": 600, "startup.p99": 600 },
      unschedulablePods: 1,
      attemptsPerPod: 2,
      "attemptSeconds.scheduled": expect.closeTo(0.003, 9) as number,
      "attemptSeconds.unschedulable": expect.closeTo(0.001, 9) as number,
      unschedulableAttempts: 4,
      preemptionAttempts: 4,
      preemptionVictims: 12,
      rateLimiterSeconds: 0.5,
      packing: 1,
      "balance.mean": 0.75,
      "balance.jain": 0.9,
      // Node a has no free GPU, so its 2 of 5 free cores are lost.
      "fragmentation.cpu": expect.closeTo(0.4, 9) as number,
      "fragmentation.memory": expect.closeTo(0.4, 9) as number,
      "fragmentation.extended": 0,
      ...{ "skew.zone": 1, "skew.hostname": 1 },
      ...{ "gang.p50": 1000, "gang.p99": 1000, "gang.halfBound": 1 },
      cpuSecondsPerThousandPods: 1000,
      apiServerCpuSeconds: 6,
      etcdCpuSeconds: 9,
      memoryPeak: 30,
      apiRequestsPerPod: expect.closeTo(1000 / 3, 9) as number,
      endedWatches: 0,
      "etcdFsync.p99": 0.00099,
    });
  });

  it("has a kind for each measure, once", () => {
    const names = measureKinds.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const measures = measuresOf(full, { gangOf: () => "all" });
    expect(Object.keys(measures).filter((name) => !names.includes(name))).toEqual([]);
    const without = names.filter((name) => measures[name] === undefined);
    // The gang of all pods is half-bound, no attempt failed, and one repetition has none before it.
    expect(without).toEqual(["attemptSeconds.error", "sameNode", "gang.p50", "gang.p99"]);
  });

  it("leaves out what nothing measured", () => {
    expect(measuresOf(repetition())).toEqual({ unschedulablePods: 0 });
  });

  it("leaves out a component that started again, and keeps the others", () => {
    const others = full.scrapes.filter(({ component }) => component !== "kube-scheduler");
    const again = scrapes(
      "kube-scheduler",
      "process_start_time_seconds 1\nscheduler_preemption_attempts_total 1\n",
      "process_start_time_seconds 2\nscheduler_preemption_attempts_total 5\n",
    );
    const measures = measuresOf({ ...full, scrapes: [...others, ...again] });
    expect(measures["preemptionAttempts"]).toBeUndefined();
    expect(measures["etcdFsync.p99"]).toBe(0.00099);
  });

  it("takes a missing first scrape of the scheduler as one that counted nothing yet, but not without any", () => {
    const after = scrapes("kube-scheduler", "", "scheduler_preemption_attempts_total 5\n").slice(1);
    const others = full.scrapes.filter(({ component }) => component !== "kube-scheduler");
    expect(measuresOf({ ...full, scrapes: [...others, ...after] })["preemptionAttempts"]).toBe(5);
    expect(measuresOf({ ...full, scrapes: after })["preemptionAttempts"]).toBeUndefined();
    const etcd = others.filter(({ component, when }) => component !== "etcd" || when !== "before");
    expect(measuresOf({ ...full, scrapes: etcd })["etcdFsync.p99"]).toBeUndefined();
  });
});
