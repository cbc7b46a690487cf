import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recordedInputs } from "../../../../cli/bench/archive/inputs.ts";
import { repeatBenchmark } from "../../../../cli/bench/archive/repeat.ts";
import { resolveContestants } from "../../../../cli/bench/contestants/resolve.ts";
import { writeBenchmark, writeInputs } from "../../../../cli/bench/export/write-benchmark.ts";
import { readScenario } from "../../../../cli/bench/scenario/read-scenario.ts";
import { readWorkload } from "../../../../cli/bench/workload/read-workload.ts";
import { command } from "../../../../cli/commands/bench.ts";
import { inCheckout } from "../../../../lib/checkout.ts";
import { sessionWithKwok } from "../session.ts";
import { exampleData } from "../export/example-data.ts";
import { exampleRecord, writeExampleRecord } from "./records.ts";

let folder = "";
let printed = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-archive-"));
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const orphans = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("nodeforge-repeat-"));

/** Records a benchmark of the demo. */
async function recordDemo(): Promise<void> {
  const path = inCheckout("benchmarks/demo.yaml");
  const [scenario] = readScenario(path, ["repetitions=9"]);
  const workload = await readWorkload(scenario!.workload, dirname(path));
  const contestants = await resolveContestants(scenario!, dirname(path), "1.36.3");
  await writeExampleRecord(folder);
  const data = exampleData({ scenario: scenario!, repetitions: [] });
  const inputs = recordedInputs({ scenario: scenario!, workload, contestants }, "1.36.3");
  await writeInputs(folder, inputs);
  await writeBenchmark(folder, data, inputs);
}

describe("a repetition", () => {
  it.each([
    ["b".repeat(64), "v1.36.3", []],
    ["c".repeat(64), "v1.36.2", ["image.sha256", "versions.kubernetes"]],
  ])("tells whether the cluster has another image or version: %s, %s", async (imageHash, kubernetesVersion, told) => {
    await recordDemo();
    const run = { name: "1-dev", folder, record: exampleRecord() };
    const open = () =>
      Promise.resolve(
        sessionWithKwok({ stack: "dev", backend: `file://${folder}/state`, outputs: { imageHash, kubernetesVersion } }),
      );
    expect(await repeatBenchmark(run, open, () => Promise.resolve(false))).toBe(1);
    const lines = printed.split("\n").map((line) => line.split(" ")[0] ?? "");
    expect(lines.filter((field) => ["image.sha256", "versions.kubernetes"].includes(field))).toEqual(told);
  });

  it("plans the recorded scenario, opens the stack and leaves no files", async () => {
    await recordDemo();
    const before = await orphans();
    const confirm = vi.fn(() => Promise.resolve(true));
    const open = vi.fn(() => Promise.reject(new Error("no such stack")));
    const run = { name: "1-dev", folder, record: exampleRecord() };
    await expect(repeatBenchmark(run, open, confirm)).rejects.toThrow("no such stack");
    expect(printed).toContain("demo");
    expect(printed).toContain("most-allocated");
    expect(open).toHaveBeenCalledTimes(1);
    expect(confirm).not.toHaveBeenCalled();
    expect(await orphans()).toEqual(before);
  });

  it("opens nothing where the record is not enough", async () => {
    const open = vi.fn(() => Promise.reject(new Error("no such stack")));
    const run = { name: "1-dev", folder, record: exampleRecord() };
    await expect(repeatBenchmark(run, open, () => Promise.resolve(true))).rejects.toThrow(
      "bench.json, but it has none",
    );
    expect(open).not.toHaveBeenCalled();
  });
});

describe("the command", () => {
  it("has its subcommands beside a scenario", async () => {
    expect(command.declaration.subcommands?.map(({ name }) => name)).toEqual(["list", "repeat", "compare"]);
    expect(await command(["list"])).toBe(0);
    expect(printed).toContain("\nSCENARIO ");
    printed = "";
    expect(await command(["demo", "--dry-run"])).toBe(0);
    expect(printed).toContain("most-allocated");
    expect(printed).not.toContain("\nSCENARIO ");
  });

  it.each([
    [["repeat"], "missing required argument 'run'"],
    [["compare", "a"], "missing required argument 'after'"],
    [["list", "a"], "too many arguments"],
    [["list", "--force"], "unknown option '--force'"],
    [["lists"], "the scenario "],
  ])("refuses %j", async (args, message) => {
    await expect(command(args)).rejects.toThrow(message);
  });
});
