import { describe, expect, it } from "vitest";
import { limitOf } from "../../../../cli/bench/metrics/limit.ts";
import type { PodTimes } from "../../../../cli/bench/run/repetition.ts";
import { controlPlane, type Counted } from "./control-plane.ts";
import { pod, repetition, scrapes } from "./repetitions.ts";

/** Returns 100 pods, one created each 100 ms, each bound after a time in milliseconds. */
function stream(latency: (index: number) => number): readonly PodTimes[] {
  return Array.from({ length: 100 }, (_, index) => {
    const created = index * 100;
    return pod(`pod-${index}`, { created, acknowledged: created, bound: created + latency(index), node: "a" });
  });
}

const prompt = stream(() => 20);
const late = stream((index) => index * 50);

function measured(counted: Counted = {}, pods = late) {
  return repetition({ pods, scrapes: controlPlane(counted) });
}

describe("limitOf", () => {
  it("names the scheduler where no other limit was reached", () => {
    const { by, evidence } = limitOf(measured(), "burst");
    expect(by).toBe("scheduler");
    expect(evidence).toContain("client limit 0 % of the window, etcd's fsync 0.99 ms");
  });

  it("names the generator where no pods wait, except in a backlog", () => {
    const { by, evidence } = limitOf(measured({}, prompt), "burst");
    expect(by).toBe("generator");
    expect(evidence).toBe("On average 0.2 of 100 pods waited for a node while they were created at 10 pods/s.");
    expect(limitOf(measured({}, prompt), "backlog").by).toBe("scheduler");
  });

  it("names the workload where the wanted rate was kept, and the generator where it was not", () => {
    expect(limitOf(measured({}, prompt), { rate: 10 }).by).toBe("workload");
    expect(limitOf(measured({}, prompt), { rate: 20 }).by).toBe("generator");
    expect(limitOf(measured(), { rate: 10 }).by).toBe("scheduler");
  });

  it("names the workload in a trace, also where pods waited for room", () => {
    const evidence = "The times of the trace set the pace: 100 of its pods came in 9.9 s.";
    for (const pods of [prompt, late])
      expect(limitOf(measured({}, pods), "trace")).toEqual({ by: "workload", evidence });
    expect(limitOf(measured({}, [pod("a")]), "trace").by).toBe("unknown");
  });

  it("names no generator where a burst is created in a moment", () => {
    const pods = [pod("a", { acknowledged: 1, bound: 500, node: "a" }), pod("b", { acknowledged: 2, bound: 900 })];
    expect(limitOf(measured({}, pods), "burst").by).toBe("scheduler");
  });

  it("names the client limit above 1 % of the window", () => {
    const { by, evidence } = limitOf(measured({ rateLimiterSeconds: 1430 }), "backlog");
    expect(by).toBe("client limit");
    expect(evidence).toContain("waited 1430 s in its own client limit, 14300 % of the window of 10 s");
    expect(limitOf(measured({ rateLimiterSeconds: 0.11 }), "backlog").by).toBe("client limit");
    expect(limitOf(measured({ rateLimiterSeconds: 0.09 }), "backlog").by).toBe("scheduler");
  });

  it("takes a scheduler without a client limit as one that never waits", () => {
    const others = controlPlane().filter(({ component }) => component !== "kube-scheduler");
    const own = scrapes("kube-scheduler", "", 'rest_client_requests_total{code="200"} 5');
    expect(limitOf(repetition({ pods: late, scrapes: [...own, ...others] }), "backlog").by).toBe("scheduler");
  });

  it("names the API server where flow control rejected or queued", () => {
    expect(limitOf(measured({ rejected: 3 }), "backlog")).toEqual({
      by: "API server",
      evidence: "The API server's flow control rejected 3 requests, each for 1 to 32 s.",
    });
    expect(limitOf(measured({ flowControlSeconds: 0.2 }), "backlog").by).toBe("API server");
    expect(limitOf(measured({ flowControlSeconds: 0.05, cancelled: 3 }), "backlog").by).toBe("scheduler");
  });

  it("leaves out the wait of other clients in a backlog", () => {
    const all = controlPlane({ rejected: 3, flowControlSeconds: 5 });
    const others = all.map((scrape) => ({ ...scrape, text: scrape.text.replaceAll('"kube-scheduler"', '"global"') }));
    expect(limitOf(repetition({ pods: late, scrapes: others }), "backlog").by).toBe("scheduler");
    expect(limitOf(repetition({ pods: late, scrapes: others }), "burst").by).toBe("API server");
  });

  it("takes a scheduler that did not run before the window as one without a past", () => {
    const all = controlPlane({ rateLimiterSeconds: 3 });
    const rest = all.filter(({ component, when }) => component !== "kube-scheduler" || when !== "before");
    expect(limitOf(repetition({ pods: late, scrapes: rest }), "backlog").by).toBe("client limit");
  });

  it("names the API server where it fills the processors", () => {
    const sample = (at: number, api: number, own: number) => ({
      ...{ at, memoryPeak: {}, steal: 0 },
      cpuSeconds: { "kube-apiserver": api, "kube-scheduler": own },
    });
    const busy = { ...measured(), usage: [sample(0, 0, 0), sample(10_000, 13, 6)] };
    const { by, evidence } = limitOf(busy, "backlog", 2);
    expect(by).toBe("API server");
    expect(evidence).toContain("used 95 % of its 2 processors, the API server most of it: 13 s of CPU in 10 s");
    expect(limitOf(busy, "backlog", 4).by).toBe("scheduler");
    expect(limitOf(busy, "backlog").by).toBe("scheduler");
    const reversed = { ...measured(), usage: [sample(0, 0, 0), sample(10_000, 6, 13)] };
    expect(limitOf(reversed, "backlog", 2).by).toBe("scheduler");
  });

  it("names etcd where the fsync is slow", () => {
    const { by, evidence } = limitOf(measured({ fsyncs: [90, 90, 100] }), "backlog");
    expect(by).toBe("etcd");
    // Rank 99 lies at 9 of the 10 observations from 8 to 64 ms: 8 + 56 * 0.9.
    expect(evidence).toContain("was 58.4 ms, above 25 ms");
    expect(limitOf(measured({ fsyncs: [90, 100, 100] }), "backlog").by).toBe("scheduler");
  });

  it("claims nothing without binds, without a window, or without a figure", () => {
    expect(limitOf(measured({}, [pod("a")]), "backlog")).toEqual({
      by: "unknown",
      evidence: "None of 1 pods was bound.",
    });
    expect(limitOf({ ...measured(), window: { start: 5, end: 5 } }, "backlog").by).toBe("unknown");
    for (const component of ["kube-scheduler", "kube-apiserver", "etcd"] as const) {
      const rest = controlPlane().filter((scrape) => scrape.component !== component);
      const limit = limitOf(repetition({ pods: late, scrapes: rest }), "backlog");
      expect(limit.by).toBe("unknown");
      expect(limit.evidence).toMatch(new RegExp(`${component} has no scrape (before|after) the window`));
    }
  });

  it("names the wrong line of a scrape", () => {
    const others = controlPlane().filter(({ component }) => component !== "etcd");
    const all = [...others, ...scrapes("etcd", "", "a 1\n404 page not found")];
    expect(limitOf(repetition({ pods: late, scrapes: all }), "backlog").evidence).toContain("wrong in line 2");
  });
});
