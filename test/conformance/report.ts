import { duration } from "../../lib/log.ts";
import { compareNames } from "../../lib/name-order.ts";
import { columns } from "../../lib/table.ts";
import type { CaseResult, Outcome } from "./junit.ts";
import type { LeftOut } from "./requirements.ts";

/** Results of a run. */
export interface Report {
  /** Version of Kubernetes whose tests ran, e.g. `1.36.3`. */
  readonly kubernetes: string;
  readonly isInterrupted: boolean;
  /** Duration of the run in seconds. */
  readonly seconds: number;
  readonly results: readonly CaseResult[];
  readonly leftOut: readonly LeftOut[];
}

/** Whether a run shows that the cluster conforms, as far as its cases say: no case failed, and each one ended. */
export function succeeded({ isInterrupted, results }: Report): boolean {
  const counts = countsOf(results);
  return !isInterrupted && counts.passed > 0 && counts.failed + counts.interrupted + counts["not run"] === 0;
}

/** Exit code of a run: 0 after a success, 130 as after Ctrl-C, else 1. */
export function exitCodeOf(report: Report): number {
  return report.isInterrupted ? 130 : succeeded(report) ? 0 : 1;
}

/** Numbers of the outcomes in one line, e.g. `130 passed, 1 failed, 0 skipped, 315 left out (12m03s)`. */
export function summary({ results, leftOut, seconds, isInterrupted }: Report): string {
  const { passed, failed, skipped, interrupted, "not run": notRun } = countsOf(results);
  const unfinished = interrupted + notRun;
  const parts = [
    ...[`${passed} passed`, `${failed} failed`, `${skipped} skipped`],
    ...(unfinished > 0 || isInterrupted ? [`${unfinished} unfinished`] : []),
    ...(leftOut.length > 0 ? [`${leftOut.length} left out`] : []),
  ];
  return `${parts.join(", ")} (${duration(seconds * 1000)})`;
}

/** Results as a table, the failures once more, and the summary. */
export function reportText(report: Report): string {
  const { results, leftOut } = report;
  const rows = [
    ...results.map(({ name, outcome, seconds }) => [outcome, seconds.toFixed(1), name]),
    ...leftOut.map(({ name, reason }) => ["left out", "", `${name} (${reason})`]),
  ];
  const told = results.filter(({ outcome }) => outcome === "failed" || outcome === "skipped");
  const reasons = told.map(
    ({ name, outcome, reason = "no reason" }) => `${outcome === "failed" ? "FAILED" : "SKIPPED"} ${name}: ${reason}`,
  );
  const hint =
    leftOut.length === 0 ? [] : ["Where the nodes reach registry.k8s.io, --all runs the cases left out, too."];
  return [columns([["RESULT", "SECONDS", "CASE"], ...rows]), "", ...reasons, summary(report), ...hint].join("\n");
}

/** Results as JSON. Its format version changes when a field is removed or changes its meaning. */
export function reportJson(report: Report): string {
  const { kubernetes, isInterrupted, seconds, results, leftOut } = report;
  const counts = { counts: countsOf(results), leftOut: countReasons(leftOut) };
  const cases = [...results, ...leftOut.map((each) => ({ ...each, outcome: "left out", seconds: 0 }))];
  return `${JSON.stringify({ formatVersion: 1, kubernetes, isInterrupted, seconds, ...counts, cases }, undefined, 2)}\n`;
}

/** Numbers of the cases that are left out by their reason, the largest first. */
export function countReasons(leftOut: readonly LeftOut[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { reason } of leftOut) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || compareNames(a, b)));
}

function countsOf(results: readonly CaseResult[]): Readonly<Record<Outcome, number>> {
  const counts = { passed: 0, failed: 0, skipped: 0, interrupted: 0, "not run": 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}
