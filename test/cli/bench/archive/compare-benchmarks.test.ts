import { describe, expect, it } from "vitest";
import { incomparabilities } from "../../../../cli/bench/archive/comparability.ts";
import { compareBenchmarks } from "../../../../cli/bench/archive/compare-benchmarks.ts";
import { comparisonText, presentText } from "../../../../cli/bench/archive/comparison-text.ts";
import type { SchedulerSource } from "../../../../cli/bench/scenario/scenario.ts";
import { compareUnpaired } from "../../../../cli/bench/statistics/mann-whitney.ts";
import type { RunRecord } from "../../../../cli/runs/record.ts";
import { exampleBenchmark, exampleRecord, type BenchmarkChanges } from "./records.ts";

const slow = [100, 101, 99, 100.5, 99.5, 100.2];
const fast = slow.map((value) => value * 1.2);
const before = exampleBenchmark("1", { base: slow, mine: slow });
const machine = (processor: string): Partial<RunRecord> => ({ machine: { ...exampleRecord().machine, processor } });

describe("two benchmarks", () => {
  it("are compared for each common scheduler by each named measure", () => {
    const compare = { ...before.scenario.compare, metrics: ["latency.p99"] };
    const after = exampleBenchmark("2", { base: fast, other: fast }, { scenario: { compare } });
    const pairs = compareBenchmarks(before, after);
    expect(pairs.map(({ scheduler, measure }) => [scheduler, measure])).toEqual([
      ["base", "throughput"],
      ["base", "latency.p99"],
    ]);
    const { ratio, interval, p } = compareUnpaired(fast, slow);
    expect(pairs[0]).toMatchObject({ ratio, interval, counts: [6, 6], verdict: { kind: "better" } });
    // Two comparisons are corrected together.
    expect(pairs[0]?.p).toBeCloseTo(2 * p, 12);
    expect(pairs[0]?.before).toBeCloseTo(100.1, 9);
    expect(pairs[1]?.verdict.kind).toBe("better");
    expect(pairs[1]?.ratio).toBeLessThan(1);
  });

  it("are the same where they are equal, and unclear where they have few values", () => {
    expect(compareBenchmarks(before, exampleBenchmark("2", { base: slow }))[0]?.verdict.kind).toBe("same");
    expect(compareBenchmarks(before, exampleBenchmark("2", { base: [120, 121] }))[0]?.verdict.kind).toBe("unclear");
  });

  it("leave out warm-ups and void repetitions", () => {
    const after = exampleBenchmark("2", { base: slow });
    const [first] = after.bench.repetitions;
    const measures = { throughput: 9999 };
    const repetitions = [
      ...after.bench.repetitions,
      { ...first!, measures, warmup: true },
      { ...first!, measures, void: "it restarted" },
    ];
    const [pair] = compareBenchmarks(before, { ...after, bench: { ...after.bench, repetitions } });
    expect(pair?.counts).toEqual([6, 6]);
    expect(pair?.after).toBe(pair?.before);
  });

  it("need a common scheduler", () => {
    const after = exampleBenchmark("2", { other: slow });
    expect(() => compareBenchmarks(before, after)).toThrow("got base, mine in 1 and other in 2");
  });

  it("have no ratio without values, and with zeros; equal zeros are the same", () => {
    const none = exampleBenchmark("2", { base: slow }, { scenario: named("packing") });
    expect(compareBenchmarks(before, none)[1]?.verdict.text).toBe(
      "not comparable: no counted repetition of the earlier benchmark has packing",
    );
    const zeros = exampleBenchmark("2", { base: [0, 0, 0, 0, 0, 0] });
    const [pair] = compareBenchmarks(before, zeros);
    expect(pair?.verdict.text).toContain("not comparable: throughput is not above 0");
    expect(pair).not.toHaveProperty("ratio");
    expect(compareBenchmarks(zeros, zeros)[0]?.verdict.kind).toBe("same");
  });

  it.each(["generator", "workload"])("do not compare a speed that the %s limited, even when forced", (limit) => {
    const schedulers = [{ name: "base", limit }];
    const after = exampleBenchmark("2", { base: fast }, { bench: { schedulers }, scenario: named("latency.p99") });
    const kinds = compareBenchmarks(before, after, { force: true }).map(({ verdict }) => verdict.kind);
    expect(kinds).toEqual(["not comparable", "better"]);
  });
});

describe("different conditions", () => {
  const hypervisor = { uri: "qemu:///system", domainType: "qemu" } as const;
  const image = { location: null, sha256: "c".repeat(64), manifest: null };
  const { repetitions } = exampleBenchmark("2", { base: fast }).bench;
  const moved = repetitions.map((repetition) => ({ ...repetition, nodesDigest: "others" }));
  const undigested = repetitions.map(({ scheduler, warmup, measures }) => ({ scheduler, warmup, measures }));
  const workload = { from: "openb", pods: "pods.csv", speed: 1, nodes: 2 } as const;
  const cases: Readonly<Record<string, BenchmarkChanges>> = {
    "the processor model was Example 9000, then Example 1": { record: machine("Example 1") },
    "the domain type was kvm, then qemu": { record: { hypervisor } },
    [`the image was ${"b".repeat(64)}, then ${"c".repeat(64)}`]: { record: { image } },
    "the kind of nodes was exclude, then only": { scenario: { nodes: { real: "only", pods: "bind" } } },
    "the common.qps was 5000, then 50": { scenario: { common: { ...before.scenario.common, qps: 50 } } },
    "the common.burst was 5000, then 60": { scenario: { common: { ...before.scenario.common, burst: 60 } } },
    "the simulated nodes differ": { bench: { repetitions: moved } },
  };

  it.each(Object.entries(cases))("prevent a comparison: %s", (reason, changes) => {
    const after = exampleBenchmark("2", { base: fast }, changes);
    expect(incomparabilities(before, after)).toEqual([reason]);
    const [pair] = compareBenchmarks(before, after);
    expect(pair?.verdict).toEqual({ kind: "not comparable", text: `not comparable: ${reason}` });
    expect(pair?.ratio).toBeCloseTo(1.2, 9);
    expect(compareBenchmarks(before, after, { force: true })[0]?.verdict.kind).toBe("better");
  });

  it("are not those that say nothing about speed", () => {
    const record = { stack: "other", git: null, machine: { ...exampleRecord().machine, memoryMiB: 1 } };
    const common = { ...before.scenario.common, verbosity: 4 };
    const after = exampleBenchmark("2", { base: fast }, { record, scenario: { common, repetitions: 3, workload } });
    expect(incomparabilities(before, after)).toEqual([]);
  });

  it("are those of the workload where a record has no digest of its nodes", () => {
    const bench = { repetitions: undigested };
    expect(incomparabilities(before, exampleBenchmark("2", { base: fast }, { bench }))).toEqual([]);
    const after = exampleBenchmark("2", { base: fast }, { bench, scenario: { workload } });
    expect(incomparabilities(before, after)).toEqual(["the simulated nodes differ"]);
  });

  it("are not those of real nodes, whose names are new with each cluster", () => {
    const nodes = { real: "only", pods: "run" } as const;
    const first = exampleBenchmark("1", { base: slow }, { scenario: { nodes } });
    const second = exampleBenchmark("2", { base: slow }, { scenario: { nodes }, bench: { repetitions: moved } });
    expect(incomparabilities(first, second)).toEqual([]);
  });
});

describe("the text", () => {
  it("has the differences of the records, scenarios and files above the verdicts", () => {
    const first = exampleBenchmark("1", { base: slow }, { files: { "a.yaml": "1".repeat(64), "scenario.yaml": "x" } });
    const second = exampleBenchmark(
      "2",
      { base: fast },
      {
        files: { "a.yaml": "2".repeat(64), "scenario.yaml": "y" },
        record: machine("Example 1"),
        scenario: { repetitions: 9 },
        bench: { ended: "interrupted" },
      },
    );
    const lines = comparisonText(first, second).split("\n");
    const at = (words: string) => lines.findIndex((line) => line.includes(words));
    expect(lines[at("machine.processor")]).toMatch(/^machine\.processor +Example 9000 +Example 1$/);
    expect(lines[at("scenario.repetitions")]).toMatch(/ 6 +9$/);
    expect(lines[at("inputs/a.yaml")]).toMatch(/ 111111111111 +222222222222$/);
    expect(at("inputs/scenario.yaml")).toBe(-1);
    expect(at("SCHEDULER")).toBeGreaterThan(at("inputs/a.yaml"));
    expect(lines[at("base ")]).toContain("not comparable: the processor model");
    expect(at("2 ended early")).toBeGreaterThan(0);
    expect(comparisonText(first, second, { force: true })).toContain("faster by 20 %");
  });

  it.each<[SchedulerSource, SchedulerSource, number]>([
    [{ name: "base", binary: "/a/mine", sha256: "1" }, { name: "base", binary: "https://host/mine", sha256: "1" }, 0],
    [
      { name: "base", binary: "https://host/mine", sha256: "1" },
      { name: "base", binary: "https://host/mine", sha256: "2" },
      1,
    ],
    [{ name: "base", binary: "/a/mine" }, { name: "base", binary: "/b/mine" }, 1],
  ])("knows a program by its hash, else by its place: %j %j", (one, other, count) => {
    const first = exampleBenchmark("1", { base: slow }, { scenario: { schedulers: [one] } });
    const second = exampleBenchmark("2", { base: slow }, { scenario: { schedulers: [other] } });
    const lines = comparisonText(first, second).split("\n");
    expect(lines.filter((line) => line.startsWith("scenario.schedulers"))).toHaveLength(count);
  });

  it("says that nothing differs", () => {
    expect(comparisonText(before, before)).toContain("configuration, versions and image are the same");
    expect(presentText("1", exampleRecord(), {})).toBe("configuration, versions and image are the same");
  });

  it("shows what differs now", () => {
    expect(presentText("1", exampleRecord(), machine("Example 1"))).toMatch(
      /machine\.processor +Example 9000 +Example 1/,
    );
  });
});

function named(metric: string) {
  return { compare: { ...before.scenario.compare, metrics: [metric] } };
}
