import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, vi } from "vitest";
import { benchmark, type BenchmarkOptions } from "../../../cli/bench/benchmark.ts";
import { command } from "../../../cli/commands/bench.ts";
import { isUnattended } from "../../../cli/consent/consent.ts";
import { openSession } from "../../../cli/session.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { test } from "../../support/folder.ts";
import { scenarioText } from "../bench/scenario-text.ts";

vi.mock(import("../../../cli/bench/benchmark.ts"), async (original) => {
  const actual = await original();
  return { ...actual, benchmark: vi.fn(actual.benchmark) };
});
vi.mock(import("../../../cli/session.ts"), () => ({ openSession: vi.fn(() => Promise.reject(new Error("opened"))) }));
vi.mock(import("../../../cli/consent/consent.ts"), async (original) => ({
  ...(await original()),
  confirm: vi.fn(() => Promise.resolve(false)),
  isUnattended: vi.fn(() => true),
}));

let printed: string;
beforeEach(() => {
  printed = "";
  vi.stubEnv("PULUMI_STACK", "");
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.clearAllMocks();
  };
});

/** Writes a scenario, and returns its path. */
function scenarioIn(folder: string, text = scenarioText): string {
  const path = join(folder, "small.yaml");
  writeFileSync(path, text);
  return path;
}

/** Returns what reaches the benchmark, which is not run. */
async function handedOn(...args: string[]): Promise<BenchmarkOptions> {
  vi.mocked(benchmark).mockResolvedValueOnce(0);
  expect(await command(args)).toBe(0);
  return vi.mocked(benchmark).mock.calls.at(-1)![1];
}

describe("npm run bench", () => {
  test("takes the name of a shipped scenario, or a path", async ({ folder }) => {
    expect((await handedOn("demo")).scenario).toBe(inCheckout("benchmarks", "demo.yaml"));
    const path = scenarioIn(folder);
    expect((await handedOn(path)).scenario).toBe(path);
    expect((await handedOn("nothing-here")).scenario).toBe(join(process.cwd(), "nothing-here"));
  });

  test("collects every --set, and passes the other wishes on", async () => {
    expect(await handedOn("demo")).toMatchObject({ set: [], calibrate: false, dryRun: false });
    const args = ["demo", "--set", "repetitions=5", "--calibrate", "--set=seed=1,2", "--dry-run"];
    expect(await handedOn(...args)).toMatchObject({
      ...{ set: ["repetitions=5", "seed=1,2"], calibrate: true, dryRun: true },
    });
  });

  test("prints the plan with --dry-run, and opens nothing", async ({ folder }) => {
    expect(await command([scenarioIn(folder), "--dry-run"])).toBe(0);
    expect(printed).toContain("small: Two schedulers.\n");
    expect(printed).toMatch(/^nodes +2 simulated$/m);
    expect(printed).toMatch(/^pods +5 in each repetition, done when bound$/m);
    expect(openSession).not.toHaveBeenCalled();
  });

  test("prints a plan for each point of a sweep, and for a calibration", async ({ folder }) => {
    await command([scenarioIn(folder), "--dry-run", "--set", "repetitions=1,2", "--calibrate"]);
    expect(printed.match(/^schedulers +a, a-again$/gm)).toHaveLength(2);
    expect(printed).toContain("small-repetitions=1-calibration");
    expect(printed).toContain("small-repetitions=2-calibration");
  });

  test("opens the stack only after everything of the scenario is read", async ({ folder }) => {
    await expect(command([scenarioIn(folder), "--stack", "lab"])).rejects.toThrow("opened");
    expect(openSession).toHaveBeenCalledExactlyOnceWith({ stack: "lab" }, expect.anything());
    expect(printed).toContain("small: Two schedulers.\n");
  });

  test.for([
    ["missing.yaml", undefined, "cannot be read"],
    ["small.yaml", "{", "is no YAML"],
    ["small.yaml", scenarioText, "--set calibrate: expected KEY=VALUE", "--set", "calibrate"],
    ["small.yaml", `${scenarioText}speed: 1\n`, "speed"],
    ["small.yaml", scenarioText.replace("opcode: createPods", "opcode: fly"), "there is no such operation"],
    ["small.yaml", scenarioText.replace("{ name: b }", "{ name: b, binary: no-such-file }"), "there is no such file"],
  ] as const)(
    "refuses a wrong scenario before it opens the stack: %#",
    async ([name, text, message, ...more], { folder }) => {
      if (text !== undefined) scenarioIn(folder, text);
      await expect(command([join(folder, name), "--yes", ...more])).rejects.toThrow(message);
      expect(openSession).not.toHaveBeenCalled();
      expect(printed).toBe("");
    },
  );

  test("refuses a folder", async ({ folder }) => {
    mkdirSync(join(folder, "inner"));
    await expect(command([join(folder, "inner"), "--dry-run"])).rejects.toThrow("cannot be read");
  });

  test("asks before it starts, and names the command that agrees where it cannot ask", async () => {
    const { confirm } = await handedOn("demo", "--stack", "lab");
    await expect(confirm()).rejects.toThrow("Fix: npm run bench -- --stack lab demo --yes");
    vi.mocked(isUnattended).mockReturnValueOnce(false);
    expect(await confirm()).toBe(false);
    const agreed = await handedOn("demo", "--yes");
    expect(await agreed.confirm()).toBe(true);
  });

  test.for([
    [[], "missing required argument"],
    [["a", "b"], "too many arguments"],
    [["demo", "--set", "--yes"], "option '--set <key=values>' expects a value, got '--yes'"],
    [["demo", "--set", "seed=1", "--set=--yes"], "option '--set <key=values>' expects a value, got '--yes'"],
    [["demo", "--repetitions", "5"], "unknown option '--repetitions'"],
  ] as const)("refuses the arguments %j", async ([args, message]) => {
    await expect(command(args)).rejects.toThrow(message);
    expect(benchmark).not.toHaveBeenCalled();
  });
});
