import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { completeDocument } from "../../../../cli/bench/archive/complete-document.ts";
import { contentsFile, recordedInputs, scenarioFile } from "../../../../cli/bench/archive/inputs.ts";
import { prepareRepetition } from "../../../../cli/bench/archive/prepare-repetition.ts";
import { readBenchmark } from "../../../../cli/bench/archive/recorded-benchmark.ts";
import { resolveContestants } from "../../../../cli/bench/contestants/resolve.ts";
import { writeInputs, writeResults } from "../../../../cli/bench/export/write-benchmark.ts";
import type { PreparedScenario } from "../../../../cli/bench/run/measure-on-cluster.ts";
import { calibrated } from "../../../../cli/bench/scenario/calibrate.ts";
import { readScenario } from "../../../../cli/bench/scenario/read-scenario.ts";
import type { Scenario } from "../../../../cli/bench/scenario/scenario.ts";
import { readWorkload } from "../../../../cli/bench/workload/read-workload.ts";
import { sha256 } from "../../../../lib/digest.ts";
import { inCheckout } from "../../../../lib/checkout.ts";
import { file, serve, type ReleaseServer } from "../../../lib/release-server.ts";
import { elf } from "../contestants/elf.ts";
import { exampleData, exampleRepetition } from "../export/example-data.ts";
import { exampleRecord, writeExampleRecord } from "./records.ts";

const kubernetes = "1.36.3";
let folder = "";
let run = "";
let again = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-archive-"));
  run = join(folder, "run");
  again = join(folder, "again");
  for (const each of [run, again]) await mkdir(each);
});
afterEach(() => rm(folder, { recursive: true }));

async function prepare(path: string, settings: readonly string[] = [], change = (scenario: Scenario) => scenario) {
  const [written] = readScenario(path, settings);
  const scenario = change(written!);
  const workload = await readWorkload(scenario.workload, dirname(path));
  return { scenario, workload, contestants: await resolveContestants(scenario, dirname(path), kubernetes) };
}

/** Writes a benchmark, reads it back and prepares its repetition. */
async function roundTrip(prepared: PreparedScenario, present = kubernetes) {
  const { scenario } = prepared;
  await writeExampleRecord(run);
  const data = exampleData({ scenario, repetitions: [exampleRepetition()] });
  await writeInputs(run, recordedInputs(prepared, kubernetes));
  await writeResults(run, data);
  const recorded = await readBenchmark({ name: "run", folder: run, record: exampleRecord() });
  return { recorded, path: await prepareRepetition(recorded, again, present) };
}

/** Objects of a workload, which has functions. */
function shown({ operations, ...rest }: PreparedScenario["workload"]) {
  const first = (value: unknown): unknown => {
    if (typeof value === "function") return first((value as (index: number) => unknown)(0));
    if (Array.isArray(value)) return value.map(first);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, first(item)]));
  };
  return { operations: first(operations), featureGates: rest.featureGates };
}

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const pod = "{ apiVersion: v1, kind: Pod, metadata: { generateName: p- }, spec: { containers: [] } }\n";
const inline = (template: string) => `
workload:
  from: inline
  testCase:
    name: Own
    defaultPodTemplatePath: ${template}
    workloadTemplate:
      - { opcode: createNodes, count: 2 }
      - { opcode: createPods, count: 3, collectMetrics: true }
    workloads: [{ name: Small }]
schedulers: [{ name: base }]
`;

describe("the inputs of a benchmark", () => {
  it.each(["demo", "gang", "trace", "mixed-churn"])("give back the shipped scenario %s", async (name) => {
    const prepared = await prepare(inCheckout("benchmarks", `${name}.yaml`));
    const { path } = await roundTrip(prepared);
    const second = await prepare(path);

    expect(second.scenario.name).toBe(name);
    const { schedulers, workload, ...rest } = completeDocument(second.scenario);
    const { schedulers: before, workload: source, ...same } = completeDocument(prepared.scenario);
    expect(rest).toEqual(same);
    expect(schedulers.map((each) => each.name)).toEqual(before.map((each) => each.name));
    expect({ ...workload, pods: "" }).toEqual({ ...source, pods: "" });
    expect(shown(second.workload)).toEqual(shown(prepared.workload));
    expect(second.contestants).toEqual(prepared.contestants);
    // A repetition of the repetition has the same inputs.
    expect(recordedInputs(second, kubernetes)).toEqual(recordedInputs(prepared, kubernetes));
  });

  it("have --set and --calibrate in the scenario", async () => {
    const prepared = await prepare(inCheckout("benchmarks/demo.yaml"), ["repetitions=7", "common.qps=50"], calibrated);
    const { path } = await roundTrip(prepared);
    const { scenario, contestants } = await prepare(path);
    expect(scenario).toMatchObject({ name: "demo-calibration", repetitions: 7, compare: { baseline: "default" } });
    expect(scenario.common.qps).toBe(50);
    expect(scenario.schedulers).toEqual([{ name: "default" }, { name: "default-again" }]);
    expect(contestants).toEqual(prepared.contestants);
  });

  it("keep their paths where the scenario's name has a value with a slash", async () => {
    const prepared = await prepare(inCheckout("benchmarks/demo.yaml"));
    const { path } = await roundTrip({ ...prepared, scenario: { ...prepared.scenario, name: "demo-file=a/b" } });
    expect(path).toBe(join(again, "demo-file=a_b.yaml"));
    expect((await prepare(path)).contestants).toEqual(prepared.contestants);
  });

  it.each(["../shared/pod.yaml", "pod.yaml", "scenario.yaml", "deep/pod.yaml"])(
    "have the template %s of an inline workload",
    async (template) => {
      await write(join("own", template), pod);
      const prepared = await prepare(await write("own/case.yaml", inline(template)));
      const { path } = await roundTrip(prepared);
      await rm(join(folder, "own"), { recursive: true });
      await rm(join(folder, "shared"), { recursive: true, force: true });
      const second = await prepare(path);
      expect(shown(second.workload)).toEqual(shown(prepared.workload));
      expect(recordedInputs(second, kubernetes)).toEqual(recordedInputs(prepared, kubernetes));
    },
  );

  it("have the template of an absolute path", async () => {
    const template = await write("elsewhere/pod.yaml", pod);
    const prepared = await prepare(await write("own/case.yaml", inline(template)));
    const { path } = await roundTrip(prepared);
    await rm(template);
    expect(await readFile(path, "utf8")).not.toContain(template);
    expect(shown((await prepare(path)).workload)).toEqual(shown(prepared.workload));
  });

  it("have a test case file with templates in a folder above it", async () => {
    const testCase = `
- name: Own
  defaultPodTemplatePath: ../../templates/pod.yaml
  workloadTemplate:
    - { opcode: createNodes, count: 2 }
    - { opcode: createPods, count: 3, collectMetrics: true }
  workloads: [{ name: Small, threshold: { misc: 5, other: 6 } }]
`;
    await write("own/perf/misc/performance-config.yaml", testCase);
    await write("own/templates/pod.yaml", pod);
    const file = "perf/misc/performance-config.yaml";
    const text = `workload: { from: scheduler_perf, file: ${file}, name: Own/Small }\nschedulers: [{ name: base }]\n`;
    const prepared = await prepare(await write("own/case.yaml", text));
    const { path } = await roundTrip(prepared);
    await rm(join(folder, "own"), { recursive: true });
    const second = await prepare(path);
    expect(shown(second.workload)).toEqual(shown(prepared.workload));
    expect(recordedInputs(second, kubernetes)).toEqual(recordedInputs(prepared, kubernetes));
  });

  it("refer to upstream again, and keep its files for a reader", async () => {
    const [scenario] = readScenario(inCheckout("benchmarks/basic-500.yaml"));
    const inputs = [
      { name: "performance-config.yaml", text: "[]\n" },
      { name: "../templates/pod.yaml", text: pod },
    ];
    const workload = { name: "w", operations: [], inputs, featureGates: {} };
    const contestants = await resolveContestants(scenario!, inCheckout("benchmarks"), kubernetes);
    const prepared = { scenario: scenario!, workload, contestants };
    const { path } = await roundTrip(prepared);
    expect(readScenario(path)[0]?.workload).toEqual(scenario!.workload);
    expect(await readFile(join(run, "inputs/workload/templates/pod.yaml"), "utf8")).toBe(pod);
    await expect(roundTrip(prepared, "1.37.0")).rejects.toThrow(
      "upstream:misc/performance-config.yaml was that of Kubernetes 1.36.3, and it is that of 1.37.0 now",
    );
  });

  it("list every file by its digest", async () => {
    const inputs = recordedInputs(await prepare(inCheckout("benchmarks/demo.yaml")), kubernetes);
    const names = inputs.map(({ name }) => name);
    const own = [
      "templates/pod.yaml",
      "templates/node.yaml",
      "schedulers/default.json",
      "schedulers/most-allocated.json",
    ];
    expect(names.toSorted()).toEqual([scenarioFile, contentsFile, ...own].toSorted());
    const contents = JSON.parse(inputs.find(({ name }) => name === contentsFile)!.text) as { files: object };
    expect(Object.keys(contents.files).toSorted()).toEqual(names.filter((name) => name !== contentsFile).toSorted());
  });
});

describe("a repetition is refused", () => {
  const program = async (text: string) => {
    const binary = await write("scheduler", text);
    const prepared = await prepare(inCheckout("benchmarks/demo.yaml"));
    const [first, second] = prepared.scenario.schedulers;
    const scenario = { ...prepared.scenario, schedulers: [first!, { ...second!, binary: "scheduler" }] };
    const [one, other] = prepared.contestants;
    const contestants = [one!, { ...other!, binary, binarySha256: sha256(text) }];
    return { binary, prepared: { ...prepared, scenario, contestants } };
  };

  it("not where the program is the same", async () => {
    const { binary, prepared } = await program("one");
    const { path } = await roundTrip(prepared);
    expect(readScenario(path)[0]?.schedulers[1]).toMatchObject({ binary, sha256: sha256("one") });
  });

  it("where the program is another one, or missing", async () => {
    const { binary, prepared } = await program("one");
    await writeFile(binary, "two");
    await expect(roundTrip(prepared)).rejects.toThrow(
      `most-allocated: the SHA-256 of ${binary} is ${sha256("two")}, expected ${sha256("one")}`,
    );
    await rm(binary);
    await expect(roundTrip(prepared)).rejects.toThrow(`most-allocated: there is no program ${binary}`);
  });

  it.each(["../outside.yaml", "/outside.yaml", "a/../../outside.yaml"])("where it names the input %s", async (name) => {
    const { recorded } = await roundTrip(await prepare(inCheckout("benchmarks/demo.yaml")));
    const contents = { ...recorded.contents, files: { ...recorded.contents.files, [name]: "" } };
    await expect(prepareRepetition({ ...recorded, contents }, again, kubernetes)).rejects.toThrow(
      `contents.json names ${name}, expected a path below inputs/`,
    );
  });

  it("where an input has changed, is missing, or had a secret", async () => {
    const prepared = await prepare(inCheckout("benchmarks/demo.yaml"));
    const { recorded } = await roundTrip(prepared);
    const file = join(run, "inputs/templates/pod.yaml");
    await cp(file, join(folder, "kept"));
    await writeFile(file, "changed\n");
    await expect(prepareRepetition(recorded, again, kubernetes)).rejects.toThrow(
      "inputs/templates/pod.yaml is not the file that the benchmark read",
    );
    await rm(file);
    await expect(prepareRepetition(recorded, again, kubernetes)).rejects.toThrow(
      "inputs/templates/pod.yaml cannot be read",
    );
    const [first, ...others] = prepared.workload.inputs;
    const secret = { ...first!, text: `${first!.text}# token abcdef.0123456789abcdef\n` };
    const workload = { ...prepared.workload, inputs: [secret, ...others] };
    await expect(roundTrip({ ...prepared, workload })).rejects.toThrow("Either it had a secret");
  });
});

describe("a program of a URL", () => {
  const content = elf();
  let server: ReleaseServer;
  beforeEach(async () => {
    vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
    vi.stubEnv("NODEFORGE_OFFLINE", "");
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    server = await serve({ "/mine": file(content) });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await server.close();
  });

  it("is in the record by its URL and hash, and a repetition downloads it again", async () => {
    const binary = `${server.url}/mine`;
    const text = `${inline("pod.yaml").trim()}\n`.replace(
      "{ name: base }",
      `{ name: base, binary: "${binary}", sha256: HASH }`,
    );
    await write("own/pod.yaml", pod);
    const prepared = await prepare(await write("own/case.yaml", text.replace("HASH", sha256(content))));
    const { path, recorded } = await roundTrip(prepared);
    expect(recorded.scenario.schedulers).toEqual([{ name: "base", binary, sha256: sha256(content) }]);
    const inputs = recordedInputs(prepared, kubernetes);
    expect(inputs.filter(({ text: each }) => each.includes(join(folder, "cache")))).toEqual([]);

    await rm(join(folder, "own"), { recursive: true });
    await rm(join(folder, "cache"), { recursive: true });
    const second = await prepare(path);
    expect(server.seen).toHaveLength(2);
    expect(second.contestants).toEqual(prepared.contestants);
    expect(await readFile(second.contestants[0]!.binary!)).toEqual(content);
    expect(recordedInputs(second, kubernetes)).toEqual(inputs);

    await server.close();
    expect((await prepare(path)).contestants).toEqual(prepared.contestants);
    await rm(join(folder, "cache"), { recursive: true });
    await expect(prepare(path)).rejects.toThrow(`- base: ${binary}: it cannot be downloaded. Fix: check the URL`);
  });
});

describe("reading a benchmark", () => {
  const archived = (changes = {}) => ({ name: "run", folder: run, record: exampleRecord(changes) });

  it("refuses a run of another command, one without results, and one of another format", async () => {
    await expect(readBenchmark(archived({ command: "up" }))).rejects.toThrow("got one of npm run up");
    await expect(readBenchmark(archived())).rejects.toThrow("expected results with bench.json, but it has none");
    await roundTrip(await prepare(inCheckout("benchmarks/demo.yaml")));
    expect((await readBenchmark(archived())).bench.name).toBe("demo");
    await writeFile(join(run, "bench.json"), JSON.stringify({ formatVersion: 2 }));
    await expect(readBenchmark(archived())).rejects.toThrow("expected results of format version 1, got 2");
  });
});
