import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { upstreamFolder } from "../../cli/bench/workload/upstream.ts";
import { run, searchPath } from "../../lib/process.ts";
import { schedulerPerf } from "../../tools/developer-tools.ts";
import { goTestProgram } from "../../tools/go-test.ts";
import { nodeBinaries } from "../../tools/node-binaries.ts";
import { parseDataItems } from "./data-items.ts";
import { upstreamCases, workloadName, type TestCase } from "./scenarios.ts";

/** Builds scheduler_perf unless the cache has it. @returns the path of its test program. */
export function buildSchedulerPerf(): Promise<string> {
  return goTestProgram(schedulerPerf);
}

/**
 * Runs the reference workload once. scheduler_perf starts its own etcd and API server.
 * @returns the mean of its one-second samples, in pods/s.
 */
export async function runSchedulerPerf(path: string): Promise<number> {
  const upstream = await upstreamFolder();
  const etcd = await nodeBinaries("etcd");
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-scheduler-perf-"));
  const output = join(folder, "output");
  const pattern = ["BenchmarkPerfScheduling", ...workloadName.split("/")].map((name) => `^${name}$`).join("/");
  const flags = ["-test.run=^$", `-test.bench=${pattern}`, "-test.benchtime=1ns", "-test.timeout=30m"];
  // The workload has no label, and the default filter wants one.
  const own = ["-perf-scheduling-label-filter=-integration-test", "-data-items-dir", output];
  try {
    await mkdir(output);
    await run(path, [...flags, ...own], {
      cwd: await writeCases(upstream, folder),
      env: {
        PATH: `${etcd}${delimiter}${searchPath()}`,
        // A program that was built with -trimpath finds its sources below these (pkgPath of the API server's testing package).
        TEST_SRCDIR: resolve(upstream, "../../../../.."),
        TEST_WORKSPACE: ".",
      },
      timeout: 31 * 60_000,
    });
    const names = (await readdir(output)).filter((name) => name.endsWith(".json"));
    const texts = await Promise.all(names.map((name) => readFile(join(output, name), "utf8")));
    return parseDataItems(texts, workloadName);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the test cases, which name their templates relative to the working folder. @returns the working folder. */
async function writeCases(upstream: string, folder: string): Promise<string> {
  const [working, file] = [join(folder, "misc"), "performance-config.yaml"];
  await mkdir(working);
  await symlink(join(upstream, "templates"), join(folder, "templates"));
  const cases = parse(await readFile(join(upstream, "misc", file), "utf8")) as readonly TestCase[];
  await writeFile(join(working, file), stringify(upstreamCases(cases)));
  return working;
}
