import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeBenchmark, writeInputs, writeRepetition } from "../../../../cli/bench/export/write-benchmark.ts";
import { exampleData, exampleRepetition } from "./example-data.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-bench-"));
});
afterEach(() => rm(folder, { recursive: true }));

const files = async () => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
};
const unpacked = async (name: string) => gunzipSync(await readFile(join(folder, name))).toString();

describe("one repetition", () => {
  it("has its scrapes, its journal and the rest as JSON", async () => {
    await writeRepetition(folder, exampleRepetition());
    expect(await files()).toEqual([
      "logs/01-base.log",
      "metrics/01-base-after-etcd.prom.gz",
      "metrics/01-base-before-etcd.prom.gz",
      "repetitions/01-base.json.gz",
    ]);
    expect(await unpacked("metrics/01-base-after-etcd.prom.gz")).toBe("etcd_size 2\n");
    const raw = JSON.parse(await unpacked("repetitions/01-base.json.gz")) as Record<string, unknown>;
    expect(raw["formatVersion"]).toBe(1);
    expect(raw["pods"]).toHaveLength(4);
    expect(raw).not.toHaveProperty("scrapes");
    expect(raw).not.toHaveProperty("journal");
  });

  it.each(["../mine", "a/b", ".mine", ""])("refuses a scheduler's name %j and writes nothing", async (scheduler) => {
    await expect(writeRepetition(folder, exampleRepetition({ scheduler }))).rejects.toThrow("Name of a scheduler");
    expect(await files()).toEqual([]);
  });

  it("redacts secrets in the journal", async () => {
    await writeRepetition(folder, exampleRepetition({ journal: "token abcdef.0123456789abcdef\n" }));
    expect(await readFile(join(folder, "logs/01-base.log"), "utf8")).not.toContain("0123456789abcdef");
  });
});

describe("a whole benchmark", () => {
  it("has every file, readable by the owner only, and bench.json names the raw ones", async () => {
    const data = exampleData({ repetitions: [exampleRepetition()] });
    await writeRepetition(folder, exampleRepetition());
    const inputs = [{ name: "templates/pod.yaml", text: "kind: Pod\n" }];
    await writeInputs(folder, inputs);
    await writeBenchmark(folder, data, inputs);
    const names = await files();
    expect(names).toEqual([
      "bench.html",
      "bench.json",
      "benchstat.txt",
      "dataitems.json",
      "inputs/templates/pod.yaml",
      "junit.xml",
      "logs/01-base.log",
      "metrics/01-base-after-etcd.prom.gz",
      "metrics/01-base-before-etcd.prom.gz",
      "pods.csv.gz",
      "repetitions/01-base.json.gz",
      "summary.md",
    ]);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);

    const bench = JSON.parse(await readFile(join(folder, "bench.json"), "utf8")) as {
      formatVersion: number;
      repetitions: { files: { scrapes: string[]; journal: string; raw: string }; pods: number; bound: number }[];
    };
    expect(bench.formatVersion).toBe(1);
    expect(bench.repetitions).toHaveLength(1);
    expect(bench.repetitions[0]).toMatchObject({ pods: 4, bound: 3, files: { raw: "repetitions/01-base.json.gz" } });
    for (const name of bench.repetitions[0]?.files.scrapes ?? []) expect(names).toContain(name);
  });

  it("writes no input and no file of a repetition again", async () => {
    await writeBenchmark(folder, exampleData({ repetitions: [exampleRepetition()] }), [{ name: "a.yaml", text: "" }]);
    expect((await files()).filter((name) => /^(inputs|logs|metrics|repetitions)\//.test(name))).toEqual([]);
    expect(await files()).toHaveLength(7);
  });

  it.each(["../outside", "/etc/passwd", "a/../../b", ""])("refuses an input named %j", async (name) => {
    await expect(writeInputs(folder, [{ name, text: "" }])).rejects.toThrow("Name of an input");
    expect(await files()).toEqual([]);
  });
});
