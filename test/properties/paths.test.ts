import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import fc from "fast-check";
import { stringify } from "yaml";
import { describe, expect, it } from "vitest";
import { prepareRepetition } from "../../cli/bench/archive/prepare-repetition.ts";
import { readBenchmark, type RecordedBenchmark } from "../../cli/bench/archive/recorded-benchmark.ts";
import { readScenario } from "../../cli/bench/scenario/read-scenario.ts";
import { checkName } from "../../cli/machines/snapshots.ts";
import { findRun, type ArchivedRun } from "../../cli/runs/archive.ts";
import { runName, startOfRun } from "../../cli/runs/folder.ts";
import { kubeconfigPath } from "../../cli/stack/outputs.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { sha256 } from "../../lib/digest.ts";
import { exampleRecord } from "../cli/runs/example-record.ts";
import { sharedFolder } from "../support/folder.ts";
import { faultOf, textsLike } from "./outside-text.ts";
import { holds, holdsLater } from "./runs.ts";

const folder = sharedFolder();

/** Names from outside, most of which lead somewhere else in a path. */
const hostileName = fc.oneof(
  fc
    .array(fc.constantFrom("..", ".", "", "a", "b.yaml", "\0", "~", "-x", "..a", "a b", "a\nb"), { maxLength: 5 })
    .map((parts) => parts.join("/")),
  fc.constantFrom("/etc/passwd", "..\\a", "constructor", "latest", "previous", "__proto__"),
  fc.string({ unit: "binary", maxLength: 12 }),
);

describe("a name from outside", () => {
  it("never leads out of the folder of a repetition, which gets no other file", async () => {
    await holdsLater(
      fc.asyncProperty(hostileName, hostileName, async (file, name) => {
        const root = mkdtempSync(join(folder, "repeat-"));
        const [record, target] = [join(root, "record"), join(root, "target")];
        mkdirSync(join(record, "inputs", "a"), { recursive: true });
        mkdirSync(target);
        writeFileSync(join(record, "inputs", "a", "b.yaml"), "text");
        writeFileSync(join(record, "inputs", "scenario.yaml"), "text");
        writeFileSync(join(record, "b.yaml"), "text");
        const digest = sha256("text");
        const files = Object.fromEntries([
          [file, digest],
          ["scenario.yaml", digest],
        ]);
        const benchmark = {
          run: { name: "1-dev", folder: record, record: exampleRecord() },
          contents: { formatVersion: 1, name, kubernetes: "1.36.3", files },
          scenario: { schedulers: [], workload: { from: "inline" } },
        } as unknown as RecordedBenchmark;
        const path = await prepareRepetition(benchmark, target, "1.36.3").catch((error: unknown) => {
          expect(faultOf(error)).toBeUndefined();
          return undefined;
        });
        if (path !== undefined) expect(dirname(path)).toBe(target);
        expect(readdirSync(root).sort()).toEqual(["record", "target"]);
        expect(readdirSync(record).sort()).toEqual(["b.yaml", "inputs"]);
        expect(existsSync(join(target, "..", "a"))).toBe(false);
      }),
      { runs: 150 },
    );
  });

  it("finds only a listed run, or is refused", () => {
    const runs: readonly ArchivedRun[] = ["2026-11-21T09-00-00Z-dev", "2026-11-21T09-00-00Z-dev-2"].map((name) => ({
      name,
      folder: join(folder, name),
      record: exampleRecord(),
    }));
    holds(
      fc.property(hostileName, (query) => {
        try {
          expect(runs).toContainEqual(findRun(runs, query));
        } catch (error) {
          expect((error as Error).message).toMatch(/^(no run matches|\d+ runs match) /);
        }
      }),
      { runs: 300 },
    );
  });

  it("is no snapshot unless it is one part of a path", () => {
    holds(
      fc.property(hostileName, (name) => {
        let isAccepted = true;
        try {
          checkName(name);
        } catch (error) {
          isAccepted = false;
          expect(faultOf(error)).toBeUndefined();
        }
        if (isAccepted) expect(resolve(folder, name)).toBe(folder + sep + name);
      }),
      { runs: 300 },
    );
  });

  it("of a stack stays below the folders of runs and of states", () => {
    holds(
      fc.property(hostileName, (stack) => {
        const name = runName(new Date(0), stack);
        expect(resolve(folder, name).startsWith(`${folder}${sep}1970-01-01T00-00-00Z-`)).toBe(true);
        expect(dirname(resolve(kubeconfigPath(stack, folder)))).toBe(folder);
        expect(startOfRun(name) ?? 0).toBe(0);
      }),
      { runs: 300 },
    );
  });
});

describe("a scenario", () => {
  const sample = readFileSync(inCheckout("benchmarks", "demo.yaml"), "utf8");
  const path = join(folder, "fuzzed.yaml");

  it("is read, or refused with a sentence", () => {
    holds(
      fc.property(textsLike(sample), (text) => {
        writeFileSync(path, text);
        try {
          readScenario(path);
        } catch (error) {
          expect(faultOf(error)).toBeUndefined();
        }
      }),
      { runs: 200 },
    );
  }, 120_000);

  it("with settings is read, or refused with a sentence", () => {
    const key = fc.constantFrom(
      "repetitions",
      "schedulers[0].name",
      "workload.params.constructor",
      "compare.metrics",
      "__proto__.a",
      "a",
    );
    holds(
      fc.property(fc.tuple(key, fc.string()), ([name, value]) => {
        writeFileSync(path, sample);
        try {
          readScenario(path, [`${name}=${value}`]);
        } catch (error) {
          expect(faultOf(error)).toBeUndefined();
        }
      }),
      { runs: 100 },
    );
    expect(({} as { readonly a?: unknown }).a).toBeUndefined();
  }, 120_000);
});

describe("the record of a benchmark", () => {
  const bench = JSON.stringify({
    formatVersion: 1,
    name: "a",
    ended: "complete",
    kinds: [{ name: "t" }],
    repetitions: [{ scheduler: "a", warmup: false, measures: { t: 1 } }],
    schedulers: [{ name: "a", limit: "1" }],
    pairs: [{ verdict: "same" }],
  });
  const contents = JSON.stringify({
    formatVersion: 1,
    name: "a",
    kubernetes: "1.36.3",
    files: { "scenario.yaml": "0" },
  });
  const scenario = stringify({ schedulers: [{ name: "a" }], workload: { from: "scheduler_perf", file: "a.yaml" } });
  const samples = { "bench.json": bench, "inputs/contents.json": contents, "inputs/scenario.yaml": scenario } as const;

  it.each(Object.entries(samples))(
    "is read, or refused with a sentence: %s",
    async (file, sample) => {
      mkdirSync(join(folder, "inputs"), { recursive: true });
      const run = { name: "1-dev", folder, record: { ...exampleRecord(), command: "bench" as const } };
      for (const [name, text] of Object.entries(samples)) writeFileSync(join(folder, name), text);
      await expect(readBenchmark(run)).resolves.toMatchObject({ bench: { name: "a" } });
      await holdsLater(
        fc.asyncProperty(textsLike(sample), async (text) => {
          for (const [name, whole] of Object.entries(samples))
            writeFileSync(join(folder, name), name === file ? text : whole);
          const target = mkdtempSync(join(folder, "target-"));
          await readBenchmark(run)
            .then((benchmark) => prepareRepetition(benchmark, target, "1.36.3"))
            .catch((error: unknown) => expect(faultOf(error)).toBeUndefined());
        }),
        { runs: 100 },
      );
    },
    120_000,
  );
});
