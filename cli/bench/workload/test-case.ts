import { isRecord } from "../../../lib/record.ts";
import { Fields, Parameters } from "./fields.ts";
import type { Templates } from "./objects.ts";
import type { Operation } from "./operation.ts";
import { readOperations } from "./operations.ts";
import { gateProblems, schedulerGates, type FeatureGate } from "./refused.ts";

/** A decoded workload of a test case. */
interface DecodedTestCase {
  readonly operations: readonly Operation[];
  /** Feature gates that every scheduler must get. */
  readonly featureGates: Readonly<Record<string, boolean>>;
}

/** A workload of a test case that is still as parsed from YAML. */
interface RawTestCase {
  /** E.g. `SchedulingBasic/500Nodes`, for errors. */
  readonly name: string;
  readonly testCase: unknown;
  readonly workload: unknown;
  /** Values that replace parameters. */
  readonly overrides: Readonly<Record<string, number>>;
}

/**
 * Decodes a workload as strictly as scheduler_perf: an unknown field and an unused parameter are errors.
 * @throws one error with everything that is wrong, and everything that a living cluster cannot run.
 */
export function readTestCase(raw: RawTestCase, templates: Templates): DecodedTestCase {
  const problems: string[] = [];
  const none = new Parameters({});
  const testCase = new Fields(raw.testCase, "test case", problems, none);
  const workload = new Fields(raw.workload, "workload", problems, none);
  const values = workload.raw("params") ?? {};
  if (!isRecord(values)) workload.problem(`params: wanted a mapping, got ${JSON.stringify(values)}`);
  const own = isRecord(values) ? values : {};
  for (const name of Object.keys(raw.overrides).filter((override) => !(override in own))) {
    problems.push(`params: the workload has no parameter ${name}; known: ${Object.keys(own).join(", ") || "none"}`);
  }
  const parameters = new Parameters({ ...own, ...raw.overrides });
  const list = testCase.raw("workloadTemplate");
  if (!Array.isArray(list) || list.length === 0) testCase.problem("wanted a list of operations in workloadTemplate");
  const defaults = { path: testCase.string("defaultPodTemplatePath"), inline: testCase.raw("defaultPodTemplate") };
  const decoder = { templates, parameters, defaults, problems };
  const operations = readOperations(Array.isArray(list) ? list : [], decoder);
  const featureGates = readGates(testCase, workload);
  if (testCase.string("schedulerConfigPath") !== undefined) {
    testCase.problem("schedulerConfigPath is refused: a scenario names the configuration of each scheduler itself");
  }
  const ofTestCase = ["name", "labels", "workloads", "metricsCollectorConfig", "defaultThresholdMetricSelector"];
  for (const ignored of ofTestCase) testCase.raw(ignored);
  // Upstream's thresholds are those of its own machines.
  for (const ignored of ["name", "labels", "threshold", "thresholdMetricSelector"]) workload.raw(ignored);
  testCase.end();
  workload.end();
  for (const name of parameters.unused.filter((unused) => unused in own)) {
    problems.push(`params: no operation uses ${name}`);
  }
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join("\n");
    throw new Error(
      `The workload ${raw.name} cannot run on this cluster:\n${lines}\nFix: choose another workload, or copy the file and change it.`,
    );
  }
  return { operations, featureGates };
}

function readGates(testCase: Fields, workload: Fields): Readonly<Record<string, boolean>> {
  const ofWorkload = readBooleans(workload);
  // The workload's value of a gate wins, also over a refused one of the test case.
  const ofTestCase = readBooleans(testCase).filter(([name]) => !ofWorkload.some(([other]) => other === name));
  for (const problem of gateProblems(ofTestCase)) testCase.problem(`featureGates: ${problem}`);
  for (const problem of gateProblems(ofWorkload)) workload.problem(`featureGates: ${problem}`);
  return schedulerGates([...ofTestCase, ...ofWorkload]);
}

function readBooleans(fields: Fields): readonly FeatureGate[] {
  const raw = fields.raw("featureGates") ?? {};
  if (isRecord(raw) && Object.values(raw).every((value) => typeof value === "boolean")) {
    return Object.entries(raw) as FeatureGate[];
  }
  fields.problem(`featureGates: wanted a mapping of true and false, got ${JSON.stringify(raw)}`);
  return [];
}
