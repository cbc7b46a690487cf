import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readScenario } from "../../../../cli/bench/scenario/read-scenario.ts";
import { temporaryFolder } from "../../../support/folder.ts";

const minimal = {
  workload: { from: "scheduler_perf", file: "upstream:misc/performance-config.yaml", name: "SchedulingBasic/500Nodes" },
  schedulers: [{ name: "one" }, { name: "two" }],
};

/** Returns the scenarios of a file with this text. */
function readText(text: string, ...settings: readonly string[]) {
  const path = join(temporaryFolder(), "probe.yaml");
  writeFileSync(path, text);
  return readScenario(path, settings);
}

/** Returns the scenarios of a file with the minimal keys and further ones. YAML contains JSON. */
const read = (keys: object, ...settings: readonly string[]) =>
  readText(JSON.stringify({ ...minimal, ...keys }), ...settings);

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

/** Returns the sentences of the error, without the path and the fix. */
const problemsOf = (keys: object, ...settings: readonly string[]) =>
  messageOf(() => read(keys, ...settings))
    .split("\n")
    .filter((line) => line.startsWith("- "))
    .map((line) => line.slice(2));

describe("a scheduler elsewhere", () => {
  it("has no arguments and no images by default", () => {
    const schedulers = [
      { name: "editor", local: { command: "bash", url: "https://127.0.0.1:10259" } },
      { name: "volcano", manifests: { files: ["a.yaml"], url: "http://{pod}:8080" }, schedulerName: "volcano" },
    ];
    expect(read({ schedulers }).map((scenario) => scenario.schedulers)).toEqual([
      [
        { ...schedulers[0], local: { ...schedulers[0]!.local, args: [] } },
        { ...schedulers[1], manifests: { ...schedulers[1]!.manifests, images: [] } },
      ],
    ]);
  });

  it.each([
    [{ local: {} }, "schedulers[0].local.command: expected a value, got none"],
    [{ manifests: { files: [] } }, "schedulers[0].manifests.files: expected at least 1, got []"],
    [
      { manifests: { files: ["a"], url: "https://10.0.0.1:1" } },
      'schedulers[0].manifests.url: expected a URL such as https://{pod}:10259, got "https://10.0.0.1:1"',
    ],
    [
      { local: { command: "a", url: "https://127.0.0.1:1/x" } },
      'schedulers[0].local.url: expected a URL without a path, such as https://127.0.0.1:10259, got "https://127.0.0.1:1/x"',
    ],
  ])("is refused: %j", (keys, message) => {
    expect(problemsOf({ schedulers: [{ name: "one", ...keys }] })).toEqual([message]);
  });
});

describe("a scenario with only the keys that have no default", () => {
  it("has the documented defaults, and its document is the file", () => {
    expect(read({})).toEqual([
      {
        name: "probe",
        description: "",
        workload: { ...minimal.workload, params: {} },
        nodes: { real: "exclude", pods: "bind" },
        arrival: "backlog",
        schedulers: minimal.schedulers,
        common: { qps: 5000, burst: 5000, verbosity: 2, featureGates: {} },
        repetitions: 10,
        warmups: 1,
        order: "interleaved",
        seed: 1,
        repetitionMinutes: 10,
        compare: { baseline: "one", metrics: ["throughput"], equivalence: 0.03 },
        thresholds: [],
        document: minimal,
      },
    ]);
  });
});

describe("a key of a scenario", () => {
  const sha256 = "0".repeat(64);
  const longUrl = "https://user:secret@host/".padEnd(1001, "a");
  const inline = { from: "inline", testCase: { name: "T" } };
  const openb = { from: "openb", pods: "p.csv", speed: 60, nodes: 20 };

  it.each([
    { workload: { ...minimal.workload, params: { initNodes: 5 } } },
    { workload: { ...inline, params: { n: 1 } } },
    { workload: openb },
    { nodes: { real: "only", pods: "run" } },
    { arrival: "burst" },
    { arrival: { rate: 0.5 } },
    { schedulers: [{ name: "a".repeat(30), configuration: "c.yaml", binary: "b", sha256 }] },
    { schedulers: [{ name: "a", binary: longUrl.slice(0, 1000) }] },
    { common: { qps: 0.5, burst: 1, verbosity: 0, featureGates: { Some: true } } },
    { repetitions: 1, warmups: 0, order: "sequential", seed: 0, repetitionMinutes: 0.5 },
    { repetitions: 100, warmups: 10, seed: 2 ** 32 - 1 },
    { compare: { baseline: "two", metrics: ["makespan", "throughput"], equivalence: 0.1 } },
    { thresholds: [{ scheduler: "two", metric: "throughput", atLeast: 1, atMost: 2, ratioAtLeast: 0.95 }] },
  ])("keeps a right value: %j", (keys) => {
    const [scenario, ...others] = read(keys);
    expect(others).toEqual([]);
    expect(scenario).toMatchObject(keys);
    expect(scenario?.document).toEqual({ ...minimal, ...keys });
  });

  it("reads 3% as 0.03, and the record keeps the text", () => {
    const [scenario] = read({ compare: { equivalence: "3%" } });
    expect(scenario?.compare.equivalence).toBe(0.03);
    expect(scenario?.document).toMatchObject({ compare: { equivalence: "3%" } });
  });

  it.each<[keys: object, start: string, given?: string]>([
    [{ extra: 1 }, "extra: "],
    [{ nodes: { rael: "only" } }, "nodes.rael: "],
    [{ workload: { ...minimal.workload, pods: "x" } }, "workload.pods: "],
    [{ workload: { ...openb, params: {} } }, "workload.params: "],
    [{ workload: { from: "other" } }, "workload.from: ", '"other"'],
    [{ workload: { from: "inline" } }, "workload.testCase: "],
    [{ workload: { ...inline, testCase: [] } }, "workload.testCase: ", "[]"],
    [{ workload: { ...inline, params: { n: "5" } } }, "workload.params.n: ", '"5"'],
    [{ workload: { ...openb, speed: 0 } }, "workload.speed: ", "0"],
    [{ workload: { ...openb, nodes: 1.5 } }, "workload.nodes: ", "1.5"],
    [{ workload: 3 }, "workload: ", "3"],
    [{ nodes: { real: "include" } }, "nodes.real: ", '"include"'],
    [{ arrival: "later" }, "arrival: ", '"later"'],
    [{ arrival: { rate: -1 } }, "arrival.rate: ", "-1"],
    [{ schedulers: [] }, "schedulers: ", "[]"],
    [{ schedulers: [{ name: "Upper" }] }, "schedulers[0].name: ", '"Upper"'],
    [{ schedulers: [{ name: "-a" }] }, "schedulers[0].name: ", '"-a"'],
    [{ schedulers: [{ name: "a".repeat(31) }] }, "schedulers[0].name: ", `"${"a".repeat(31)}"`],
    [{ schedulers: [{ name: "a" }, { name: "a" }] }, "schedulers"],
    [{ schedulers: [{ name: "a", sha256 }] }, "schedulers[0].sha256: expected binary"],
    [{ schedulers: [{ name: "a", binary: "b", sha256: "12" }] }, "schedulers[0].sha256: ", '"12"'],
    [
      { schedulers: [{ name: "a", binary: longUrl }] },
      "schedulers[0].binary: expected at most 1000 characters",
      "1001",
    ],
    [{ common: { qps: 0 } }, "common.qps: expected a number above 0", "0"],
    [{ common: { burst: 0 } }, "common.burst: ", "0"],
    [{ common: { verbosity: 11 } }, "common.verbosity: expected an integer from 0 to 10", "11"],
    [{ common: { featureGates: { A: 1 } } }, "common.featureGates.A: ", "1"],
    [{ repetitions: "ten" }, "repetitions: expected an integer from 1 to 100", '"ten"'],
    [{ repetitions: 0 }, "repetitions: expected an integer from 1 to 100", "0"],
    [{ repetitions: 101 }, "repetitions: expected an integer from 1 to 100", "101"],
    [{ warmups: -1 }, "warmups: expected an integer from 0 to 10", "-1"],
    [{ warmups: 11 }, "warmups: expected an integer from 0 to 10", "11"],
    [{ order: "random" }, "order: ", '"random"'],
    [{ seed: 1.5 }, "seed: ", "1.5"],
    [{ repetitionMinutes: 0 }, "repetitionMinutes: ", "0"],
    [{ compare: null }, "compare: "],
    [{ compare: { baseline: "three" } }, "compare.baseline: expected one of one, two", '"three"'],
    [{ compare: { metrics: ["speed"] } }, "compare.metrics: ", '"speed"'],
    [{ compare: { equivalence: "0%" } }, "compare.equivalence: ", "0"],
    [{ compare: { equivalence: "much" } }, "compare.equivalence: ", '"much"'],
    [{ thresholds: [{ scheduler: "three", metric: "throughput", atMost: 1 }] }, "thresholds[0].scheduler: ", '"three"'],
    [{ thresholds: [{ scheduler: "two", metric: "speed", atMost: 1 }] }, "thresholds[0].metric: ", '"speed"'],
    [{ thresholds: [{ scheduler: "two", metric: "throughput" }] }, "thresholds[0]: "],
  ])("refuses %j with one sentence", (keys, start, given) => {
    const problems = problemsOf(keys);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(start)).toBe(true);
    if (given !== undefined) expect(problems[0]?.endsWith(`, got ${given}`)).toBe(true);
  });

  it("is named beside every other wrong one, in one error with a fix", () => {
    const message = messageOf(() => read({ repetitions: 0, warmups: "x", extra: 1, nodes: { real: 5 } }));
    expect(message.match(/^- /gm)).toHaveLength(4);
    for (const key of ["repetitions", "warmups", "extra", "nodes.real"]) expect(message).toContain(`- ${key}: `);
    expect(message).toMatch(/probe\.yaml/);
    expect(message).toMatch(/\nFix: /);
  });

  it.each(["workload", "schedulers"])("is required: %s", (key) => {
    expect(problemsOf({ [key]: undefined }).map((problem) => problem.split(":")[0])).toEqual([key]);
  });
});

describe("--set", () => {
  const values = (scenarios: ReturnType<typeof read>) =>
    scenarios.map(({ name, repetitions }) => ({ name, repetitions }));

  it("replaces one value, also in the document, and keeps the name", () => {
    const scenarios = read({ repetitions: 2 }, "repetitions=5", "nodes.real=only");
    expect(values(scenarios)).toEqual([{ name: "probe", repetitions: 5 }]);
    expect(scenarios[0]?.nodes).toEqual({ real: "only", pods: "bind" });
    expect(scenarios[0]?.document).toEqual({ ...minimal, repetitions: 5, nodes: { real: "only" } });
  });

  it("makes the Cartesian product of values with commas", () => {
    const scenarios = read({}, "workload.params.measurePods=500,1000", "repetitions=1,2", "seed=7");
    expect(values(scenarios)).toEqual([
      { name: "probe-measurePods=500-repetitions=1", repetitions: 1 },
      { name: "probe-measurePods=500-repetitions=2", repetitions: 2 },
      { name: "probe-measurePods=1000-repetitions=1", repetitions: 1 },
      { name: "probe-measurePods=1000-repetitions=2", repetitions: 2 },
    ]);
    expect(scenarios.map(({ seed }) => seed)).toEqual([7, 7, 7, 7]);
    expect(scenarios.map(({ document }) => (document.workload as { readonly params: unknown }).params)).toEqual(
      [500, 500, 1000, 1000].map((measurePods) => ({ measurePods })),
    );
  });

  it("takes a value in brackets as one, also beside others", () => {
    const metricsOf = (setting: string) => read({}, setting).map(({ name, compare }) => [name, compare.metrics]);
    const both = ["throughput", "makespan"];
    expect(metricsOf("compare.metrics=[throughput,makespan]")).toEqual([["probe", both]]);
    expect(metricsOf("compare={metrics: [throughput,makespan], equivalence: 0.1}")).toEqual([["probe", both]]);
    expect(metricsOf("compare.metrics=[throughput,makespan],[makespan]")).toEqual([
      ["probe-metrics=[throughput,makespan]", both],
      ["probe-metrics=[makespan]", ["makespan"]],
    ]);
    expect(problemsOf({}, "compare.metrics=[throughput,makespan")).toEqual([
      expect.stringMatching(/^compare\.metrics: .*got "\[throughput,makespan"$/),
    ]);
  });

  it.each(["repetitons=5", "nodes.rael=only", "schedulers[0].nmae=x"])("refuses the unknown key of %s", (setting) => {
    expect(problemsOf({}, setting)).toEqual([expect.stringContaining(`${setting.split("=")[0]}: `)]);
  });

  it.each(["repetitions", "=5", "a b=5", "__proto__.x=1", "workload.params.constructor=1"])("refuses %s", (setting) => {
    expect(messageOf(() => read({}, setting))).toContain(`--set ${setting}: `);
    expect(({} as { readonly x?: unknown }).x).toBeUndefined();
  });

  it("reports a wrong value of all points once each", () => {
    expect(problemsOf({ order: "x" }, "repetitions=1,0,200")).toEqual([
      expect.stringMatching(/^order: /),
      expect.stringMatching(/^repetitions: .*got 0$/),
      expect.stringMatching(/^repetitions: .*got 200$/),
    ]);
  });

  it("makes 100 points, and no more", () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1).join();
    expect(read({}, `repetitions=${numbers(10)}`, `seed=${numbers(10)}`)).toHaveLength(100);
    expect(messageOf(() => read({}, `repetitions=${numbers(10)}`, `seed=${numbers(11)}`))).toContain("at most 100");
  });
});

describe("a hostile file", () => {
  const bomb = Array.from({ length: 12 }, (_, level) => {
    const entry = level === 0 ? "x" : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(9).fill(entry).join()}]\n`;
  }).join("");

  it.each([
    ["an aliases bomb", bomb, "alias"],
    ["10 MB", "# x\n".repeat(2_500_000), "bytes"],
    ["a list", "- a\n", "keys and values"],
    ["a text", "hello", "keys and values"],
    ["nothing", "", "keys and values"],
    ["a key twice", "seed: 1\nseed: 2\n", "unique"],
    ["two documents", "seed: 1\n---\nseed: 2\n", "multiple documents"],
    ["deep nesting", `a: ${"[".repeat(20_000)}`, "no YAML"],
  ])("with %s is refused in one line, quickly", (_, text, words) => {
    const start = performance.now();
    const message = messageOf(() => readText(text));
    expect(performance.now() - start).toBeLessThan(5000);
    expect(message).toContain("probe.yaml");
    expect(message).toContain(words);
    expect(message).not.toContain("\n");
  });

  it("that does not exist is named", () => {
    expect(messageOf(() => readScenario("no-such.yaml"))).toContain("no-such.yaml");
  });
});
