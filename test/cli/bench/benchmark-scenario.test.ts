import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { benchmarkListing } from "../../../cli/bench/archive/listing.ts";
import { comparisonText } from "../../../cli/bench/archive/comparison-text.ts";
import { readBenchmark, recordedBenchmarks, type BenchFile } from "../../../cli/bench/archive/recorded-benchmark.ts";
import { repeatBenchmark } from "../../../cli/bench/archive/repeat.ts";
import { benchmarkScenario } from "../../../cli/bench/benchmark-scenario.ts";
import { prepareScenario } from "../../../cli/bench/prepare-scenario.ts";
import { readScenario } from "../../../cli/bench/scenario/read-scenario.ts";
import { findRun, listRuns } from "../../../cli/runs/archive.ts";
import type { RunEnd } from "../../../cli/runs/run.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { test } from "../../support/folder.ts";
import { exampleRecord, writeExampleRecord } from "./archive/records.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { FakeApiServer } from "./run/fake-api-server.ts";
import { FakeSwitch } from "./run/prepared.ts";
import { scenarioText } from "./scenario-text.ts";
import { sessionWithKwok } from "./session.ts";

/** The cluster and the run's folder of the test that runs. */
const state = vi.hoisted(() => ({
  folder: "",
  ends: [] as RunEnd[],
  fake: undefined as FakeApiServer | undefined,
  control: undefined as FakeSwitch | undefined,
}));
vi.mock("../../../cli/runs/run.ts", () => ({
  openRun: () =>
    Promise.resolve({ folder: state.folder, finish: (end: RunEnd) => Promise.resolve(void state.ends.push(end)) }),
}));
vi.mock("../../../cli/bench/administrator.ts", () => ({
  administratorOf: () => ({ server: state.fake?.server, administrator: { token: "admin" } }),
}));
vi.mock("../../../cli/bench/contestants/control-plane.ts", () => ({
  openControlPlane: () => Promise.resolve({ close: () => Promise.resolve() }),
}));
vi.mock("../../../cli/bench/contestants/open-control.ts", () => ({
  openContestantControl: () =>
    Promise.resolve({ control: state.control, [Symbol.asyncDispose]: () => Promise.resolve() }),
}));

let root = "";
let printed = "";
test.beforeEach(async ({ folder }) => {
  root = join(folder, "runs");
  state.folder = join(root, "1-dev");
  mkdirSync(state.folder, { recursive: true });
  state.ends = [];
  writeFileSync(join(folder, "small.yaml"), scenarioText);
  printed = "";
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
  vi.spyOn(console, "error").mockReturnValue(undefined);
  state.fake = await FakeApiServer.start();
  state.fake.put("/api/v1/nodes/worker-1");
  state.control = new FakeSwitch(state.fake);
  // A process that has ended, as that of a killed run.
  await writeExampleRecord(state.folder, { outcome: "running", exitCode: null, end: null, seconds: null });
  return () => void vi.restoreAllMocks();
});

/** Benchmarks the small scenario. @param before Called before each change of the scheduler, such as `pause b`. */
async function run(before: FakeSwitch["before"], stop = new AbortController()): Promise<number> {
  const scenario = join(root, "..", "small.yaml");
  state.control!.before = before;
  const session = {
    ...sessionWithKwok({ stack: "dev", backend: "file:///nowhere" }),
    settings: () => settingsOf({ podCidr: "10.0.0.0/16", masterVcpus: "4" }),
  };
  const outputs = { nodes: [], apiEndpoint: "", simulatedNodes: { sim: 1 } } as never;
  const [written] = readScenario(scenario, ["order=sequential"]);
  const prepared = await prepareScenario(written!, join(root, ".."));
  return benchmarkScenario({ session, outputs }, prepared, ["small.yaml"], stop.signal);
}

/** Benchmarks to the end. Copies the folder of the run before the cluster is touched, and after the first repetition. */
const runWithKills = () =>
  run((call) => {
    if (call === "restore" && state.control?.calls.length === 1) killed("0-at-start");
    if (call === "pause b") killed("0-killed");
  });

/** Copies the folder of the run, as a SIGKILL at this moment would leave it. */
const killed = (name: string) => cpSync(state.folder, join(root, name), { recursive: true });
const filesOf = (name: string) => readdirSync(join(root, name), { recursive: true }).map(String).toSorted();
const results = (name: string) => JSON.parse(readFileSync(join(root, name, "bench.json"), "utf8")) as BenchFile;
const byName = async (name: string) => readBenchmark(findRun(await listRuns(root), name));

const beginning = ["bench.json", "inputs", "inputs/contents.json", "inputs/scenario.yaml", "inputs/schedulers"];
const configurations = ["inputs/schedulers/a.json", "inputs/schedulers/b.json"];
const rawOf = (stem: string) => [
  ...[`logs/${stem}.log`, `metrics/${stem}-after-etcd.prom.gz`, `metrics/${stem}-before-etcd.prom.gz`],
  `repetitions/${stem}.json.gz`,
];

describe("the record of a benchmark", () => {
  test("has the inputs and empty results before the cluster is touched, and grows with each repetition", async () => {
    expect(await runWithKills()).toBe(0);
    expect(filesOf("0-at-start")).toEqual([...beginning, ...configurations, "record.json"].toSorted());
    expect(results("0-at-start")).toMatchObject({ ended: "interrupted", repetitions: [], pairs: [] });
    expect(filesOf("0-killed")).toEqual(
      [...beginning, ...configurations, ...rawOf("01-a")]
        .concat("record.json", "logs", "metrics", "repetitions")
        .toSorted(),
    );
    const { ended, repetitions, schedulers, pairs } = results("0-killed");
    expect(ended).toBe("interrupted");
    expect(repetitions.map(({ scheduler }) => scheduler)).toEqual(["a"]);
    expect(schedulers.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(pairs).toEqual([]);
  });

  test("keeps the benchmark from the cluster where its inputs cannot be written", async () => {
    writeFileSync(join(state.folder, "inputs"), "");
    await expect(run(() => undefined)).rejects.toThrow("EEXIST");
    expect(state.control?.calls).toEqual([]);
    expect(state.fake?.requests).toEqual([]);
    expect(state.ends).toMatchObject([{ exitCode: 1, outcome: "failed" }]);
  });

  test("is complete at the end, in every format, and the first writes have not changed it", async () => {
    await runWithKills();
    expect(filesOf("1-dev")).toEqual(
      [...beginning, ...configurations, ...rawOf("01-a"), ...rawOf("02-b"), "record.json"]
        .concat("logs", "metrics", "repetitions")
        .concat("bench.html", "benchstat.txt", "dataitems.json", "junit.xml", "pods.csv.gz", "summary.md")
        .toSorted(),
    );
    const { ended, repetitions, pairs } = results("1-dev");
    expect(ended).toBe("complete");
    expect(repetitions.map(({ scheduler }) => scheduler)).toEqual(["a", "b"]);
    expect(repetitions[0]).toEqual(results("0-killed").repetitions[0]);
    expect(pairs).toHaveLength(1);
    expect(state.ends).toMatchObject([{ exitCode: 0, outcome: "succeeded" }]);
  });

  test("is interrupted in every format after Ctrl-C, with the same repetitions as after a kill", async () => {
    const stop = new AbortController();
    const code = await run((call) => {
      if (call !== "pause b") return;
      killed("0-killed");
      stop.abort(new Error("the benchmark was interrupted"));
    }, stop);
    expect(code).toBe(130);
    expect(results("1-dev").ended).toBe("interrupted");
    expect(results("1-dev").repetitions).toEqual(results("0-killed").repetitions);
    expect(filesOf("1-dev")).toContain("bench.html");
    expect(filesOf("0-killed")).not.toContain("bench.html");
    expect(state.ends).toMatchObject([{ exitCode: 130, outcome: "interrupted" }]);
  });
});

describe("a benchmark that was killed", () => {
  test("is listed with its outcome and its counted repetitions", async () => {
    await runWithKills();
    const benchmarks = await recordedBenchmarks(await listRuns(root));
    const lines = benchmarkListing(benchmarks, inCheckout("benchmarks")).split("\n");
    expect(lines[1]).toMatch(/^0-at-start +small +a, b +0 +interrupted +-$/);
    expect(lines[2]).toMatch(/^0-killed +small +a, b +1 +interrupted +-$/);
    expect(lines[3]).toMatch(/^1-dev +small +a, b +2 +/);
    expect(lines[4]).toBe("");
  });

  test("can be compared, and the comparison tells that it ended early", async () => {
    await runWithKills();
    const [before, after] = [await byName("0-killed"), await byName("1-dev")];
    const lines = comparisonText(before, after).split("\n");
    expect(lines.filter((line) => /^a +throughput /.test(line))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("ended early"))).toEqual([
      "0-killed ended early. It has what was measured until then.",
    ]);
    const running = { ...before, run: { ...before.run, record: exampleRecord({ outcome: "running" }) } };
    expect(comparisonText(running, after)).toContain("0-killed still runs. It has what was measured until now.");
    expect(comparisonText(running, after)).not.toContain("ended early");
  });

  test.for(["0-at-start", "0-killed"])("can be repeated: %s", async (name) => {
    await runWithKills();
    printed = "";
    const open = vi.fn(() => Promise.reject(new Error("no such stack")));
    const { run: recorded } = await byName(name);
    await expect(repeatBenchmark(recorded, open, () => Promise.resolve(true))).rejects.toThrow("no such stack");
    expect(open).toHaveBeenCalledOnce();
    expect(printed).toContain("small");
  });

  test("before its inputs is not listed, and cannot be repeated", async () => {
    await expect(byName("1-dev")).rejects.toThrow(
      "run 1-dev: expected results with bench.json, but it has none. Fix: ",
    );
    expect(await recordedBenchmarks(await listRuns(root))).toEqual([]);
  });
});
