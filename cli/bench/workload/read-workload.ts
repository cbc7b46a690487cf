import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import type { WorkloadSource } from "../scenario/scenario.ts";
import { reasonOf } from "../../../lib/outside.ts";
import { isRecord } from "../../../lib/record.ts";
import { Templates } from "./objects.ts";
import { readTrace } from "./openb.ts";
import type { Workload } from "./operation.ts";
import { readTestCase } from "./test-case.ts";
import { upstreamFolder, upstreamPrefix } from "./upstream.ts";

/**
 * Reads the workload of a scenario.
 * @param folder Folder of the scenario. Paths are relative to it; `upstream:` stands for scheduler_perf of this project's Kubernetes.
 * @throws one error with everything that is wrong, and everything that a living cluster cannot run.
 */
export async function readWorkload(source: WorkloadSource, folder: string): Promise<Workload> {
  switch (source.from) {
    case "scheduler_perf": {
      const path = source.file.startsWith(upstreamPrefix)
        ? join(await upstreamFolder(), source.file.slice(upstreamPrefix.length))
        : resolve(folder, source.file);
      return readFromFile(path, source);
    }
    case "inline":
      return readInline(source, folder);
    case "openb":
      return readTrace(resolve(folder, source.pods), source);
  }
}

type FromFile = Extract<WorkloadSource, { from: "scheduler_perf" }>;

function readFromFile(path: string, source: FromFile): Workload {
  const { text, document } = readYaml(path, source.file);
  const testCases = Array.isArray(document) ? document.filter(isRecord) : [];
  if (testCases.length === 0) {
    throw new Error(`${source.file}: wanted a list of test cases, got none.\nFix: name a performance-config.yaml.`);
  }
  const known = testCases.flatMap((testCase) =>
    workloadsOf(testCase).map((workload) => ({ name: nameOf(testCase, workload), testCase, workload })),
  );
  const matches = known.filter(({ name }) => name === source.name);
  const [found] = matches;
  if (found === undefined || matches.length > 1) {
    const names = known.map(({ name }) => `  ${name}`).join("\n");
    const wanted = `${source.file}: wanted one workload ${source.name}, got ${matches.length}.`;
    throw new Error(`${wanted}\nFix: choose one of these:\n${names}`);
  }
  const templates = new Templates(dirname(path));
  const raw = { ...found, overrides: source.params };
  const decoded = readTestCase(raw, templates);
  const file = { name: basename(path), text };
  return { name: source.name, ...decoded, inputs: [file, ...templates.inputs] };
}

function readYaml(path: string, given: string): { readonly text: string; readonly document: unknown } {
  try {
    const text = readFileSync(path, "utf8");
    return { text, document: parse(text) };
  } catch (error) {
    const fix =
      "Fix: name a file relative to the scenario's folder, or one of upstream such as upstream:misc/performance-config.yaml.";
    throw new Error(`${given}: wanted a YAML file, got: ${reasonOf(error)}\n${fix}`, { cause: error });
  }
}

function readInline(source: Extract<WorkloadSource, { from: "inline" }>, folder: string): Workload {
  const { testCase } = source;
  const workloads = isRecord(testCase) ? workloadsOf(testCase) : [];
  const [workload] = workloads;
  if (!isRecord(testCase) || workload === undefined || workloads.length > 1) {
    throw new Error(
      `workload.testCase: wanted a test case with one entry in workloads, got ${workloads.length}.\n` +
        "Fix: remove the other workloads, or name the file of scheduler_perf.",
    );
  }
  const name = nameOf({ name: "inline", ...testCase }, workload);
  const templates = new Templates(folder);
  const decoded = readTestCase({ name, testCase, workload, overrides: source.params }, templates);
  return { name, ...decoded, inputs: templates.inputs };
}

function nameOf(...named: readonly Readonly<Record<string, unknown>>[]): string {
  return named.flatMap(({ name }) => (typeof name === "string" ? [name] : [])).join("/");
}

function workloadsOf(testCase: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(testCase.workloads) ? testCase.workloads.filter(isRecord) : [];
}
